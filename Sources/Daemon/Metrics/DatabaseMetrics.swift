import Control
import Engine
import Planning
import Revisions

/// What there is to tell in figures of one database.
struct DatabaseMetrics: Sendable {
    let status: DatabaseStatus
    /// Nil where it cannot be reached.
    let figures: JobFigures?
    let waits: [(kind: JobEvent.Kind, count: Int64)]
    /// When a backup was last restored in full to see whether it can be, by a rehearsal or by itself.
    let lastVerifiedRestore: Timestamp?
    /// When its head was written, as its header says.
    let headCreated: Timestamp?
    let backups: [DatabaseEngine.ListedBackup]
    /// Nil before the schema was first looked at.
    let drift: DriftReport?

    static func of(_ engine: DatabaseEngine) async -> DatabaseMetrics {
        let graph = engine.library.snapshot.graph
        let created = graph.heads.compactMap { graph[$0]?.created }.compactMap(Timestamp.init(header:))
        let figures = try? await engine.figures()
        return DatabaseMetrics(
            status: await Handlers.status(of: engine), figures: figures, waits: engine.waits,
            lastVerifiedRestore: [figures?.lastRehearsal, engine.lastVerification].compactMap { $0 }.max(),
            headCreated: created.max(), backups: engine.listBackups().filter { $0.problem == nil },
            drift: engine.lastDrift)
    }
}

extension Timestamp {
    /// Reads the time of a revision's header, such as `2026-11-22T10:15:00Z`, to the second.
    init?(header text: String) {
        let second = text.prefix(19)
        guard second.utf8.count == 19 else { return nil }
        self.init(parsing: second.split(separator: " ").joined(separator: "T") + ".000000Z")
    }

    /// Seconds since 1970, as metrics have times.
    var seconds: Double { Double(microseconds) / 1_000_000 }
}

extension OpenMetricsText {
    /// Adds the families that are about databases.
    mutating func add(_ databases: [DatabaseMetrics], now: Timestamp) {
        func each(_ value: (DatabaseMetrics) -> Double?) -> [Sample] {
            databases.compactMap { database in
                value(database).map { Sample(labels: [("database", database.status.name)], value: $0) }
            }
        }
        add(
            "migrated_database_up", .gauge, "Whether the database is connected.",
            each { $0.status.connection == .connected ? 1 : 0 })
        add("migrated_revisions", .gauge, "Revisions in the directory.", each { Double($0.status.revisionCount) })
        add(
            "migrated_revision_problems", .gauge, "What is wrong with the revision files or the version table.",
            each { Double($0.status.problems.count) })
        add(
            "migrated_revisions_pending", .gauge, "Revisions that are not applied.",
            each { $0.figures == nil ? nil : Double($0.status.pendingCount) })
        add(
            "migrated_revisions_unapproved", .gauge, "Pending revisions that lack an approval.",
            each { $0.figures == nil ? nil : Double($0.status.unapprovedCount) })
        add(
            "migrated_head_age_seconds", .gauge, unit: "seconds", "How long ago the newest head was written.",
            each { $0.headCreated.map { now.seconds - $0.seconds } })
        add(
            "migrated_last_applied_timestamp_seconds", .gauge, unit: "seconds", "When a revision was last applied.",
            each { $0.figures?.lastApplied?.seconds })
        addDrift(databases)
        addJobs(databases, now: now)
        add(
            "migrated_backups", .gauge, "Whole backups on this host.", each { Double($0.backups.count) })
        add(
            "migrated_last_backup_timestamp_seconds", .gauge, unit: "seconds", "When the newest backup was taken.",
            each { $0.backups.first?.manifest?.takenAt.seconds })
        add(
            "migrated_last_backup_size_bytes", .gauge, unit: "bytes", "How large the newest backup is.",
            each { $0.backups.first?.manifest.map { Double($0.size) } })
        add(
            "migrated_last_verified_restore_timestamp_seconds", .gauge, unit: "seconds",
            "When a backup was last restored in full, by a rehearsal or to verify it.",
            each { $0.lastVerifiedRestore?.seconds })
    }

    private mutating func addDrift(_ databases: [DatabaseMetrics]) {
        add(
            "migrated_drifted_objects", .gauge, "How many objects are not as the revisions left them.",
            databases.compactMap { database in
                database.drift.map {
                    Sample(labels: [("database", database.status.name)], value: Double($0.changes.count))
                }
            })
        add(
            "migrated_drift", .gauge, "An object that is not as the revisions left it.",
            databases.flatMap { database in
                (database.drift?.told ?? []).map {
                    Sample(
                        labels: [
                            ("database", database.status.name), ("change", $0.change), ("kind", $0.kind),
                            ("object", $0.name),
                        ], value: 1)
                }
            })
    }

    private mutating func addJobs(_ databases: [DatabaseMetrics], now: Timestamp) {
        let groups = databases.flatMap { database in
            (database.figures?.jobs ?? []).map { (name: database.status.name, group: $0) }
        }
        // A first failure would be no increase for those who watch, had there been no series before it.
        let kinds = JobKind.allCases.map(\.rawValue)
        let spotless = databases.filter { $0.figures != nil }.map(\.status.name).flatMap { name in
            kinds.filter { kind in
                !groups.contains {
                    $0.name == name && $0.group.kind == kind && $0.group.state == JobState.failed.rawValue
                }
            }.map { (name: name, kind: $0, state: JobState.failed.rawValue, count: Int64(0)) }
        }
        add(
            "migrated_jobs", .gauge, "Jobs that the registry has, by kind and state.",
            (groups.map { ($0.name, $0.group.kind, $0.group.state, $0.group.count) } + spotless).map {
                name, kind, state, count in
                Sample(labels: [("database", name), ("kind", kind), ("state", state)], value: Double(count))
            })
        add(
            "migrated_job_duration_seconds", .summary, unit: "seconds", "How long jobs took that are over.",
            groups.filter { JobState(rawValue: $0.group.state)?.isFinal == true }.flatMap { name, group in
                let labels = [("database", name), ("kind", group.kind), ("state", group.state)]
                return [
                    Sample(suffix: "_count", labels: labels, value: Double(group.count)),
                    Sample(suffix: "_sum", labels: labels, value: group.seconds),
                ]
            })
        add(
            "migrated_running_job_seconds", .gauge, unit: "seconds", "How long the running job has been running.",
            databases.compactMap { database in
                database.figures?.runningSince.map {
                    Sample(labels: [("database", database.status.name)], value: max(0, now.seconds - $0.seconds))
                }
            })
        add(
            "migrated_waits", .counter,
            "How often others were waited for since the daemon began to, by the event that tells of it.",
            databases.flatMap { database in
                database.waits.map { kind, count in
                    Sample(
                        labels: [("database", database.status.name), ("event", kind.rawValue)], value: Double(count))
                }
            })
    }
}
