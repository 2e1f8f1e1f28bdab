import PostgresClient
import Synchronization
import TestSupport

/// Somebody who writes into a database all the time and knows what was acknowledged, whatever the database is closed,
/// renamed or replaced by meanwhile.
final class Writer: Sendable {
    private let database: TestDatabase
    private let acknowledged = Mutex<[Int64]>([])

    /// Between two writes: on a machine that has much to do, they alone must not keep it busy.
    private static let pause = Duration.milliseconds(10)

    init(_ database: TestDatabase) {
        self.database = database
    }

    /// Writes while the body runs; it begins once the first row is in.
    func writing<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        let task = Task { await write() }
        while acknowledged.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(5)) }
        let result: Result<R, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        task.cancel()
        await task.value
        return try result.get()
    }

    private func write() async {
        var number: Int64 = 0
        while !Task.isCancelled {
            guard let session = try? await database.connect(applicationName: "a writer") else {
                try? await Task.sleep(for: .milliseconds(10))
                continue
            }
            do {
                while !Task.isCancelled {
                    number += 1
                    let next = number
                    try await session.query("INSERT INTO written VALUES (\(next))")
                    acknowledged.withLock { $0.append(next) }
                    try await Task.sleep(for: Self.pause)
                }
            } catch {
                // Ended by the restore: on to whatever has the name then.
            }
            await session.close()
        }
    }

    /// What was acknowledged and is in none of the databases: neither in the one that was replaced nor in the one that has
    /// its name now.
    func violations() async throws -> [String] {
        var there: Set<Int64> = []
        for name in try await Self.relatives(of: database) {
            let session = try await database.cluster.connect(database: name)
            // What a restore has left half made is told by `databaseViolations`.
            let isWhole = try await !session.query(
                "SELECT FROM pg_class WHERE oid = to_regclass('public.written')"
            ).isEmpty
            if isWhole {
                let rows = try await session.query("SELECT n FROM written")
                there.formUnion(try rows.map { try $0.decode("n", as: Int64.self) })
            }
            await session.close()
        }
        let lost = acknowledged.withLock { $0 }.filter { !there.contains($0) }
        return lost.isEmpty ? [] : ["acknowledged writes are nowhere: \(lost.prefix(10))"]
    }

    /// The database and what it was before, by their names.
    private static func relatives(of database: TestDatabase) async throws -> [String] {
        let session = try await database.cluster.connect()
        let names = try await session.texts(
            """
            SELECT datname::text FROM pg_database
            WHERE datname = \(database.name) OR starts_with(datname, \(database.name + "_")) ORDER BY 1
            """)
        await session.close()
        return names
    }

    /// What a restore must not leave; what it rightly leaves is removed.
    @Sendable static func databaseViolations(_ database: TestDatabase) async throws -> [String] {
        var found: [String] = []
        let session = try await database.cluster.connect()
        let names = try await relatives(of: database)
        if names.count != 2 { found.append("the databases are \(names)") }
        let closed = try await session.texts(
            "SELECT datname::text FROM pg_database WHERE NOT datallowconn AND datname = ANY (\(names))")
        if !closed.isEmpty { found.append("closed to everybody: \(closed)") }
        for name in names where name != database.name {
            try await session.query("DROP DATABASE \(identifier: name) WITH (FORCE)")
        }
        await session.close()
        return found
    }
}
