import FoundationEssentials
import Testing

/// A database of one test, with its own revisions and settings, in a machine that tests share.
struct Site: Sendable {
    let machine: Machine
    let name: String

    /// A revision whose statements come one after the other.
    struct Revision: Sendable {
        var id: String
        var upgrade: [String]
        var isTransactional = true

        init(_ id: String, _ upgrade: String...) {
            self.id = id
            self.upgrade = upgrade
        }

        /// A revision that makes a table, waits until its gate is opened, and makes an entry in the table.
        static func gated(_ id: String) -> Revision {
            Revision(
                id, "CREATE TABLE made_by_\(id) (at timestamptz)",
                """
                DO $$ BEGIN
                    WHILE NOT EXISTS (SELECT FROM gates WHERE name = '\(id)') LOOP PERFORM pg_sleep(0.02); END LOOP;
                END $$
                """,
                "INSERT INTO made_by_\(id) VALUES (clock_timestamp())")
        }
    }

    private var settingsPath: String { "/etc/migrated/migrated.toml.d/\(name).toml" }

    /// Makes the database and the revisions, and has the daemon look after them.
    static func make(
        _ name: String, on machine: Machine, approvals: Int = 0, rehearses: Bool = false, _ revisions: Revision...
    ) async throws -> Site {
        try await make(name, on: machine, approvals: approvals, rehearses: rehearses, revisions)
    }

    static func make(
        _ name: String, on machine: Machine, approvals: Int = 0, rehearses: Bool = false, _ revisions: [Revision]
    ) async throws -> Site {
        let site = Site(machine: machine, name: name)
        try await machine.sql("create database \(name) owner migrated")
        try await machine.sql("create table gates (name text); alter table gates owner to migrated", in: name)
        var previous = "none"
        for revision in revisions {
            try machine.write(Self.text(of: revision, after: previous), to: "/srv/\(name)/\(revision.id).sql")
            previous = revision.id
        }
        try machine.write(
            """
            [database.\(name)]
            url = "postgresql:///\(name)"
            migrations = "/srv/\(name)"
            approvals = \(approvals)

            [database.\(name).backup]
            min_free = "1MiB"

            # A gate that is opened in the database stays closed in a copy of it.
            [database.\(name).rehearsal]
            policy = "\(rehearses ? "on" : "off")"
            """, to: site.settingsPath)
        try await machine.expect("systemctl", "reload-or-restart", "migrated.service")
        return site
    }

    static func text(of revision: Revision, after previous: String) -> String {
        """
        -- revision: \(revision.id)
        -- down_revision: \(previous)
        -- transaction: \(revision.isTransactional ? "on" : "off")
        -- description: \(revision.id)

        -- migrated: upgrade
        \(revision.upgrade.map { "\($0);" }.joined(separator: "\n"))

        """
    }

    // MARK: The control program

    /// Runs `migratectl -d` this database.
    func migratectl(_ arguments: String..., as user: String? = nil) async throws -> Outcome {
        try await machine.run(["migratectl", "-d", name] + arguments, as: user)
    }

    /// Its first job, as `migratectl --json job` has it.
    func job(_ number: Int = 1) async throws -> JobDocument {
        let text = try await machine.expect("migratectl", "--json", "job", "\(name)-\(number)")
        return try JSONDecoder().decode(JobDocument.self, from: Data(text.utf8))
    }

    func waitForJob(_ state: String, number: Int = 1) async throws {
        // A database that is just being connected again may be asked in vain.
        try await machine.until("\(name)-\(number) is \(state)") { (try? await job(number))?.job.state == state }
    }

    // MARK: Gates

    /// Waits until a revision stands before its gate.
    func reachGate() async throws {
        try await machine.until("a revision of \(name) stands before its gate") {
            let sessions = "select count(*) from pg_stat_activity where datname = '\(name)' and wait_event = 'PgSleep'"
            return try await machine.sql(sessions) != "0"
        }
    }

    func openGate(_ id: String) async throws {
        try await machine.sql("insert into gates values ('\(id)')", in: name)
    }

    // MARK: Proofs

    /// Expects that a gated revision was applied once, and that version table and history say so.
    func expectAppliedOnce(_ id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let entries = try await machine.sql("select count(*) from public.made_by_\(id)", in: name)
        #expect(entries == "1", sourceLocation: sourceLocation)
        let history = try await machine.sql("select count(*) from migrated.history where revision = '\(id)'", in: name)
        #expect(history == "1", sourceLocation: sourceLocation)
        let version = try await machine.sql("select version_num from alembic_version", in: name)
        #expect(version == id, sourceLocation: sourceLocation)
    }
}

/// What `migratectl --json job` prints, as far as tests look at it.
struct JobDocument: Decodable, Sendable {
    struct Job: Decodable, Sendable {
        var state: String
        var stepCount: Int
        var appliedCount: Int
    }

    struct Event: Decodable, Sendable {
        var kind: String
        var state: String
        var revision: String?
        var message: String
    }

    var job: Job
    var events: [Event]
}
