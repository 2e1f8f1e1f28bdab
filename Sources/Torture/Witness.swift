import PostgresClient
import TestSupport

/// What the revisions themselves say of how they were applied, and whether registry and journals agree with it.
enum Witness {
    /// Makes the tables in which the revisions leave their testimony.
    static func prepare(_ database: TestDatabase) async throws {
        try await database.makeEffects()
        try await database.run(
            """
            CREATE TABLE testimony (number bigint GENERATED ALWAYS AS IDENTITY, revision text, pid int, has_lock boolean,
                half_built bigint)
            """)
    }

    /// A chain, every fifth of which is not in one transaction. Each says who applied it, whether that had the lock, and how
    /// many indexes those before it have left half built.
    static func revisions(_ count: Int) -> [TestRevision] {
        var chain = TestRevision.chain(count) { $0 % 5 != 0 }
        for index in chain.indices {
            let id = chain[index].id
            let testimony = """
                INSERT INTO testimony (revision, pid, has_lock, half_built) SELECT '\(id)', pg_backend_pid(), EXISTS (
                    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()),
                    (SELECT count(*) FROM pg_index WHERE NOT indisvalid);
                """
            chain[index].upgrade = [testimony]
            chain[index].downgrade = [testimony]
            if !chain[index].isTransactional {
                chain[index].upgrade.append("CREATE INDEX CONCURRENTLY i_\(id) ON t_\(id) (id);")
                chain[index].downgrade?.append("DROP INDEX CONCURRENTLY i_\(id);")
            }
        }
        return chain
    }

    /// What cannot have happened if there was one runner at a time and each revision was applied once.
    static func violations(in database: TestDatabase, journals: [String]) async throws -> [String] {
        var found = try await Ending.leftovers(in: database)
        let session = try await database.connectAsSuperuser()
        let steps = try await session.texts("SELECT direction || ' ' || revision FROM effect ORDER BY number")
        var place = 0
        for step in steps {
            let isUp = step.hasPrefix("upgrade")
            let expected = TestRevision.name(isUp ? place + 1 : place)
            if !step.hasSuffix(" " + expected) { found.append("\(step) came where \(expected) was due") }
            place += isUp ? 1 : -1
        }
        let versionTable = try await session.texts("SELECT to_regclass('public.alembic_version')::text")
        let rows = versionTable.isEmpty ? [] : try await session.texts("SELECT version_num FROM alembic_version")
        if rows != (place == 0 ? [] : [TestRevision.name(place)]) {
            found.append("the version table has \(rows), and \(place) revisions are applied")
        }
        found += try await Handiwork.violations(of: place > 0 ? revisions(place) : [], seenBy: session)
        let unlocked = try await session.texts("SELECT revision || ' by ' || pid FROM testimony WHERE NOT has_lock")
        if !unlocked.isEmpty { found.append("applied without the lock: \(unlocked)") }
        let careless = try await session.texts("SELECT revision FROM testimony WHERE half_built > 0")
        if !careless.isEmpty { found.append("applied though an index was half built: \(careless)") }
        let said = try await session.texts("SELECT count(*)::text FROM testimony")
        if said != [String(steps.count)] { found.append("\(steps.count) revisions, and \(said) testimonies") }
        let history = Set(try await session.texts("SELECT 'main-' || job || ' ' || revision FROM migrated.history"))
        let told = Set(journals.flatMap { $0.split(separator: "\n") }.compactMap(application))
        for application in told.subtracting(history).sorted() {
            found.append("a journal tells of \(application), which the history does not have")
        }
        // A daemon that dies may not have come to say it; of all of them, somebody has, or the lines are not known any more.
        if told.isEmpty, history.count >= fewest {
            found.append("no journal tells of any of \(history.count) applications")
        }
        await session.close()
        return found
    }

    /// So many applications do not go by without a line about one of them.
    private static let fewest = 5

    /// The job and the revision that a line of a journal says was applied.
    private static func application(in line: Substring) -> String? {
        let words = line.split { $0 == " " || $0 == "," || $0 == ":" }
        guard let at = words.firstIndex(where: { $0 == "applied" || $0 == "downgraded" }), at + 1 < words.count,
            words[at + 1].count == 3, words[at + 1].allSatisfy(\.isNumber),
            let job = words[..<at].last(where: { $0.hasPrefix("main-") })
        else { return nil }
        return "\(job) \(words[at + 1])"
    }
}
