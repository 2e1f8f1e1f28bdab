import Control
import Planning
import Testing
import Varlink

@Suite("Failures cross the socket whole")
struct ControlErrorTests {
    @Test("each code, with everything a failure can carry, comes back as it was", arguments: Failure.Code.allCases)
    func roundTrip(code: Failure.Code) throws {
        var failure = Samples.failure
        failure.code = code
        let error = VarlinkError(failure)
        #expect(Failure(error) == failure)
        try agree(error)
        let bare = Failure(code, "cannot do it")
        #expect(Failure(VarlinkError(bare)) == bare)
        try agree(VarlinkError(bare))
    }

    @Test("the named errors carry what a program wants to know")
    func named() throws {
        let notApproved = VarlinkError(
            translating: NotApprovedError("cannot apply \"002\": not approved", missing: [Samples.missing]))
        #expect(notApproved.name == "io.migrated.Control.NotApproved")
        #expect(notApproved.parameters["missing"]?.arrayValue?.count == 1)
        #expect(Failure(notApproved).code == .notApproved)
        try agree(notApproved)

        let mismatch = VarlinkError(
            translating: DigestMismatchError("cannot approve \"002\": it was changed", expected: "aa", actual: "bb"))
        #expect(mismatch.name == "io.migrated.Control.DigestMismatch")
        #expect(mismatch.parameters["expected"] == .string("aa"))
        #expect(mismatch.parameters["actual"] == .string("bb"))
        #expect(Failure(mismatch).code == .digestMismatch)
        try agree(mismatch)
    }

    @Test("what a handler throws becomes an error reply, whatever it is")
    func translation() {
        struct Surprise: Error {}
        #expect(VarlinkError(translating: VarlinkError.expectedMore) == .expectedMore)
        #expect(Failure(VarlinkError(translating: Surprise())).code == .internalError)
        #expect(Failure(VarlinkError(translating: CancellationError())).code == .daemonUnavailable)
        #expect(VarlinkError(translating: Failure(.permissionDenied, "no")).name == VarlinkError.permissionDenied.name)
    }

    @Test("errors of the protocol, and of newer daemons, become failures too")
    func foreign() {
        #expect(Failure(VarlinkError.methodNotFound("io.migrated.Control.New")).code == .protocolViolation)
        #expect(Failure(VarlinkError.invalidParameter("target")).message.contains("\"target\""))
        #expect(Failure(VarlinkError.permissionDenied).code == .permissionDenied)
        let newer = VarlinkError(
            name: "io.migrated.Control.Failed",
            parameters: ["code": .string("of-tomorrow"), "message": .string("cannot")])
        #expect(Failure(newer).code == .internalError)
        #expect(Failure(newer).message == "cannot")
        #expect(Failure(VarlinkError(name: "org.example.Odd")).code == .protocolViolation)
    }

    /// The parameters are those that the interface declares for the error.
    private func agree(_ error: VarlinkError) throws {
        guard error.name.hasPrefix(ControlInterface.name) else { return }
        let declaration = try #require(
            try ControlInterface.interface().error(String(error.name.dropFirst(ControlInterface.name.count + 1))))
        let mismatch = try ControlInterface.interface().mismatch(in: error.parameters, with: declaration.fields)
        #expect(mismatch == nil)
    }
}
