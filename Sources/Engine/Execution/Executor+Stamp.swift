import Planning
import PostgresClient
import Revisions

/// A stamp: the rows of the version table change, and nothing else.
extension Executor {
    /// Makes the version table where it is not there, moves its rows and records that, in one transaction under the lock.
    func stamp(_ draft: Draft) async throws {
        guard let stamp = draft.plan.stamp else { return }
        let settings =
            "SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = \(retry.settings.longest.milliseconds)"
        do {
            try await worker.script(
                (SessionSettings.beforeRevision + [SessionSettings.begin, settings]).joined(separator: "; "))
            guard try await !worker.query(Query(raw: MigrationLock.isHeldByThisBackend)).isEmpty else {
                throw Failure(
                    .sessionLost, "cannot stamp \"\(configuration.name)\": its session no longer holds the lock",
                    hint: "see what else works on this database: migratectl log")
            }
            if try await !sessions.versions.exists(on: worker) { try await worker.execute(sessions.versions.creation) }
            for change in stamp.rowChanges {
                let hit = try await sessions.versions.apply(change, on: worker)
                guard hit == 1 else { throw changedOutside(["\(change) hit \(hit) rows"]) }
            }
            let applied = try draft.graph.applied(rows: draft.plan.rowsAfter.filter(draft.graph.contains))
            try await StampStore(session: worker)
                .close(job.id.number, draft.plan, applied: applied, identity: sessions.identity)
            try await worker.script("COMMIT")
        } catch {
            await rollBack()
            if Task.isCancelled { throw CancellationError() }
            guard let error = error as? ServerError, !error.endsSession else { throw error }
            throw failure(ofStamp: error)
        }
    }

    private func changedOutside(_ notes: [String]) -> Failure {
        Failure(
            .versionChanged,
            "cannot stamp \"\(configuration.name)\": the version table is not what the plan was made for",
            hint: "somebody else changed it; look at it and queue the job again", notes: notes)
    }

    private func failure(ofStamp error: ServerError) -> Failure {
        let notes = [error.message, error.detail].compactMap { $0 }
        return switch error.sqlState {
        case "23505": changedOutside(notes)
        case let state where LockRetry.retried.contains(state):
            Failure(
                .tableLockTimeout, "cannot stamp \"\(configuration.name)\": the version table is locked",
                hint: "see who holds it, then stamp again", notes: notes)
        case "42501":
            Failure(
                .permissionDenied, "cannot stamp \"\(configuration.name)\": \(error.message)",
                hint: "grant the user that migrated connects as what it needs on the version table")
        default:
            Failure(
                .statementFailed, "cannot stamp \"\(configuration.name)\": \(error.message)", hint: error.hint,
                sql: error.report())
        }
    }
}
