import Testing
import Varlink

/// The certification service of varlink.org, with Python's `varlink` package at the other end.
struct CertificationTests {
    private func withServer(_ body: (String) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let server = try CertificationService().server()
            let listening = Signal()
            let running = Task {
                defer { listening.give() }
                try await server.run(on: .path("\(directory)/s", mode: 0o600, group: nil)) { listening.give() }
            }
            try await listening.wait()
            let result: Result<Void, any Error>
            do { result = .success(try await body("\(directory)/s")) } catch { result = .failure(error) }
            running.cancel()
            try await running.value
            try result.get()
        }
    }

    @Test func ourClientAndOurServer() async throws {
        try await withServer { path in
            let passed = try await CertificationService.runClient(Client.connect(toPath: path))
            #expect(passed)
        }
    }

    @Test func theServerRefusesWhatIsOutOfOrder() async throws {
        try await withServer { path in
            let client = try await Client.connect(toPath: path)
            await #expect(throws: VarlinkError(name: "org.varlink.certification.ClientIdError")) {
                try await client.call("org.varlink.certification.Test01", ["client_id": "nobody"])
            }
            let id = try await client.call("org.varlink.certification.Start", [:])
            await #expect(throws: VarlinkError.self) { try await client.call("org.varlink.certification.End", id) }
        }
    }

    @Test(.enabled(if: PythonProgram.isAvailable, "Python's varlink package is missing: pip install varlink"))
    func pythonClientAndOurServer() async throws {
        try await withServer { path in
            let client = try PythonProgram(certification: "--client", "--varlink=unix:\(path)")
            let (status, output) = await client.finish()
            #expect(status == 0 && output.hasSuffix("Certification passed"), "\(output)")
        }
    }

    @Test(.enabled(if: PythonProgram.isAvailable, "Python's varlink package is missing: pip install varlink"))
    func ourClientAndPythonServer() async throws {
        try await withTemporaryDirectory { directory in
            let server = try PythonProgram(certification: "--varlink=unix:\(directory)/s")
            #expect(await server.line()?.hasPrefix("Listening on") == true)
            do {
                let passed = try await CertificationService.runClient(Client.connect(toPath: "\(directory)/s"))
                #expect(passed)
            } catch {
                Issue.record(error)
            }
            server.terminate()
            _ = await server.finish()
        }
    }
}
