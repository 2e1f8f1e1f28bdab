public import Planning
public import Varlink

/// Approvals are missing, as an error of a call that does not wait for them. Thrown by handlers; clients see it as the
/// `Failure` `not-approved`.
public struct NotApprovedError: Error, Sendable, Hashable {
    public var failure: Failure
    /// Whose approval of what is missing.
    public var missing: [MissingApproval]

    public init(_ message: String, missing: [MissingApproval], hint: String? = nil) {
        failure = Failure(.notApproved, message, hint: hint)
        self.missing = missing
    }
}

/// The bytes at hand are not those that were shown. Thrown by handlers; clients see it as the `Failure`
/// `digest-mismatch`.
public struct DigestMismatchError: Error, Sendable, Hashable {
    public var failure: Failure
    /// The digest that the caller named.
    public var expected: String
    /// The digest that the file has now.
    public var actual: String

    public init(
        _ message: String, expected: String, actual: String, hint: String? = nil, location: Failure.Location? = nil
    ) {
        failure = Failure(.digestMismatch, message, hint: hint, location: location)
        self.expected = expected
        self.actual = actual
    }
}

/// The parameters of every error of the interface: those of a failure, and what the named errors add.
struct ErrorParameters: Sendable, Codable {
    var code: String?
    var message: String?
    var hint: String?
    var location: Failure.Location?
    var sql: Failure.ServerReport?
    var notes: [String]?
    var missing: [MissingApproval]?
    var expected: String?
    var actual: String?
}

extension ControlInterface {
    /// The errors that have a name of their own, and the code that each stands for. Every other code travels as `Failed`.
    static let namedErrors: [Failure.Code: String] = [
        .notApproved: "\(name).NotApproved",
        .databaseUnavailable: "\(name).DatabaseUnavailable",
        .noSuchRevision: "\(name).NoSuchRevision",
        .noSuchJob: "\(name).NoSuchJob",
        .digestMismatch: "\(name).DigestMismatch",
        .permissionDenied: VarlinkError.permissionDenied.name,
    ]
}

extension VarlinkError {
    /// The error reply that says `failure`.
    public init(_ failure: Failure) {
        self.init(failure, missing: nil, expected: nil, actual: nil)
    }

    init(_ failure: Failure, missing: [MissingApproval]?, expected: String?, actual: String?) {
        var parameters = ErrorParameters(
            message: failure.message, hint: failure.hint, location: failure.location, sql: failure.sql,
            notes: failure.notes)
        let named = ControlInterface.namedErrors[failure.code]
        if named == nil { parameters.code = failure.code.rawValue }
        if failure.code == .notApproved { parameters.missing = missing ?? [] }
        parameters.expected = expected
        parameters.actual = actual
        let name = named ?? "\(ControlInterface.name).Failed"
        self = (try? VarlinkError(name: name, encoding: parameters)) ?? VarlinkError(name: name)
    }

    /// The error reply for whatever a handler threw. What is not known is an internal error and says no more than its
    /// description.
    public init(translating error: any Error) {
        switch error {
        case let error as VarlinkError: self = error
        case let error as Failure: self.init(error)
        case let error as any FailureConvertible: self.init(error.failure)
        case let error as NotApprovedError:
            self.init(error.failure, missing: error.missing, expected: nil, actual: nil)
        case let error as DigestMismatchError:
            self.init(error.failure, missing: nil, expected: error.expected, actual: error.actual)
        case is CancellationError:
            self.init(Failure(.daemonUnavailable, "cannot answer: the daemon is stopping", hint: "call again"))
        default:
            self.init(Failure(.internalError, "cannot answer: \(error)", hint: "please report this"))
        }
    }
}

extension Failure {
    /// The failure that an error reply says. Standard errors of the protocol become what they mean to a person: the two
    /// programs do not fit each other.
    public init(_ error: VarlinkError) {
        let parameters = try? error.decode(ErrorParameters.self)
        let code =
            ControlInterface.namedErrors.first { $0.value == error.name }?.key
            ?? parameters?.code.map { Code(rawValue: $0) ?? .internalError }
        guard let code else {
            self = Self.protocolFailure(error)
            return
        }
        self.init(
            code, parameters?.message ?? Self.fallbackMessage(code), hint: parameters?.hint,
            location: parameters?.location, sql: parameters?.sql, notes: parameters?.notes ?? [])
    }

    private static func fallbackMessage(_ code: Code) -> String {
        code == .permissionDenied ? "cannot do this: the caller is not allowed to" : "cannot do this: \(code.rawValue)"
    }

    private static func protocolFailure(_ error: VarlinkError) -> Failure {
        let unequal = "compare the versions: migratectl --version, migrated --version"
        switch error.name {
        case "org.varlink.service.MethodNotFound", "org.varlink.service.InterfaceNotFound",
            "org.varlink.service.MethodNotImplemented":
            let what = error.parameters["method"]?.stringValue ?? error.parameters["interface"]?.stringValue ?? ""
            return Failure(
                .protocolViolation, "cannot call \"\(what)\": the daemon does not know it", hint: unequal)
        case "org.varlink.service.InvalidParameter":
            let what = error.parameters["parameter"]?.stringValue ?? ""
            return Failure(
                .protocolViolation, "cannot call the daemon: it refused the parameter \"\(what)\"", hint: unequal)
        default:
            return Failure(.protocolViolation, "cannot understand the daemon's error \"\(error.name)\"", hint: unequal)
        }
    }
}
