import Host
import Logging
public import Planning
import PostgresClient
public import Revisions

/// Handing a database back, and taking it over again.
///
/// A database that was released is left alone: no registry is made in it by itself, not after a restart either, because a
/// file in the state directory says so. A call that changes something takes it over again, and so does taking it out of
/// the settings and putting it back under another name.
extension DatabaseEngine {
    /// What stays in a database that was released.
    public struct Released: Sendable {
        public var versionTable: String
        public var rows: [RevisionID]
    }

    /// Removes the registry and nothing else, under the lock, while no job is open.
    ///
    /// - Throws: `Failure` `invalid-state` where a job is open, or where something of somebody else's depends on the registry
    ///   or is kept in its schema; `session-lost` where another runner has the lock.
    public func release(by person: Person) async throws -> Released {
        _ = try await sessions()
        let pair = try await SessionPair.open(configuration)
        do {
            // Before it is done: the worker must not make anew what it misses.
            try markReleased("by \(person.userName) (uid \(person.uid)), \(now())")
            let released = Released(
                versionTable: pair.versions.qualifiedName, rows: try await pair.versions.rows(on: pair.observer))
            try await RegistryRemoval(database: configuration.name, session: pair.worker).run()
            await pair.close()
            logger.notice(
                "\(configuration.name): \(person.userName) has released it, the registry is removed",
                metadata: [
                    "message-id": "\(DaemonEvent.databaseReleased.messageID)", "user": "\(person.userName)",
                ])
            signal.raise()
            reconnect.raise()
            return released
        } catch {
            try? unmarkReleased()
            reconnect.raise()
            await pair.close()
            throw error
        }
    }

    /// Takes a database over again that was released; others are not touched.
    public func takeOver() throws(Failure) {
        guard isReleased else { return }
        try unmarkReleased()
        connecting()
        reconnect.raise()
    }

    /// Whether the database was handed back.
    var isReleased: Bool { configuration.releaseMark.map(TextFiles.exists) ?? false }

    /// What those hear who ask for something that takes a registry.
    var releasedFailure: Failure {
        let mark = configuration.releaseMark.flatMap { try? TextFiles.readText($0) } ?? ""
        return Failure(
            .released, "cannot look into database \"\(configuration.name)\": it was released \(mark)",
            hint: "take it over again: migratectl -d \(configuration.name) upgrade; or take it out of the settings")
    }

    func markReleased(_ text: String) throws(Failure) {
        guard let mark = configuration.releaseMark else { return }
        do {
            try DirectoryTree.make(FilePaths.split(mark).parent)
            try AtomicFile.write(mark, text: text)
        } catch {
            throw Failure(.noSpace, "cannot release \"\(configuration.name)\": \(error)", hint: error.hint)
        }
    }

    private func unmarkReleased() throws(Failure) {
        guard let mark = configuration.releaseMark, TextFiles.exists(mark) else { return }
        do {
            try AtomicFile.remove(mark)
        } catch {
            throw Failure(.noSpace, "cannot take \"\(configuration.name)\" over again: \(error)", hint: error.hint)
        }
    }
}
