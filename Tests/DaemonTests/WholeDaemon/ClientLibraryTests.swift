import Control
import Glibc
import Planning
import TestSupport
import Testing

/// Nothing links with libpq: it is loaded with the first connection, and a machine may have none.
@Suite("PostgreSQL's client library is loaded when it is needed", .timeLimit(.minutes(15)))
struct ClientLibraryTests {
    /// What stands where the library should be, and what the loader says of it.
    enum Obstacle: CaseIterable {
        case emptyFile, otherLibrary

        var reason: String {
            switch self {
            case .emptyFile: "file too short"
            case .otherLibrary: "undefined symbol: PQ"
            }
        }

        var hint: String {
            switch self {
            case .emptyFile: "install it: apt install libpq5"
            case .otherLibrary: "install one of PostgreSQL 14 or newer"
            }
        }

        /// Makes a directory in which the loader finds it first.
        func place(in directory: String) throws -> String {
            let libraries = directory + "/libraries"
            try TestFiles.makeDirectory(libraries)
            switch self {
            case .emptyFile: try TestFiles.write(libraries + "/libpq.so.5", "")
            case .otherLibrary:
                let maps = try TestFiles.read("/proc/self/maps").split(separator: "\n")
                let line = try #require(maps.first { $0.hasSuffix("/libm.so.6") })
                let path = try #require(line.split(separator: " ").last)
                #expect(symlink(String(path), libraries + "/libpq.so.5") == 0)
            }
            return libraries
        }
    }

    @Test("without it the daemon runs and says what to do, and so does migratectl", arguments: Obstacle.allCases)
    func missing(obstacle: Obstacle) async throws {
        try await withDaemon(start: false) { harness, database in
            let environment = ["LD_LIBRARY_PATH": try obstacle.place(in: harness.directory)]
            try await harness.start(environment: environment)
            let client = harness.client()
            defer { client.close() }
            let status = try #require(try await client.call(GetStatus.self, .init()).databases.first)
            #expect(status.connection == .unavailable)
            let failure = try #require(status.failure)
            #expect(failure.code == .databaseUnavailable)
            #expect(failure.message.contains("PostgreSQL's client library does not load: "), "\(failure)")
            #expect(failure.message.contains(obstacle.reason), "\(failure)")
            #expect(failure.hint == obstacle.hint)

            // What talks to the daemon alone does not miss it.
            let asked = try await harness.control("status", environment: environment)
            #expect(asked.status == 0 && asked.output.contains(obstacle.hint), "\(asked)")
            let url = DaemonHarness.url(database.parameters)
            let compared = try await harness.control("diff", url, url, environment: environment)
            #expect(compared.status == 10 && compared.output.isEmpty, "\(compared)")
            #expect(compared.errors.contains(obstacle.reason), "\(compared)")
            #expect(compared.errors.hasSuffix("hint: \(obstacle.hint)\n"), "\(compared)")
        }
    }
}
