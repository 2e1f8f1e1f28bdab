import Digest
import Planning
import PostgresClient
import Revisions

/// A plan together with the revisions whose bytes it applies.
struct Draft: Sendable {
    var plan: Plan
    var revisions: [RevisionID: Revision]
    /// The graph that it was made from.
    var graph: RevisionGraph
    /// What the way there would have to take back and cannot.
    var gaps: [PlanGap] = []
}

/// Makes plans for jobs from three things: the directory's graph, the bytes that were pinned when the job was queued
/// (which win over the directory), and the version table as it is now.
struct Drafting: Sendable {
    let configuration: DatabaseConfiguration
    let library: RevisionLibrary
    let session: any PostgresSession
    let versions: VersionTable

    /// The plan of a queued job. Made from the database's own version, so that a job that is run again goes on where it was.
    func draft(_ job: Job) async throws -> Draft {
        let rows = try await versions.rows(on: session)
        if job.kind == .stamp, let request = try await StampStore(session: session).open(job.id.number) {
            return try await draft(request, rows: rows)
        }
        guard job.kind.hasSteps else {
            return Draft(plan: Plan(rowsBefore: rows, steps: []), revisions: [:], graph: .empty)
        }
        let store = JobStore(database: configuration.name, session: session)
        let pinned = job.stepCount == 0 ? [] : try await store.pins(of: job.id.number)
        let graph = try await graph(with: pinned, rows: rows)
        let plan =
            switch job.kind {
            case .downgrade: try remaining(of: pinned, rows: rows, graph: graph)
            default: try upgrade(to: job.targetRevisions, rows: rows, graph: graph)
            }
        try await refuseEdited(plan, graph: graph, rows: rows)
        return Draft(plan: plan, revisions: try await bytes(for: plan, graph: graph), graph: graph)
    }

    /// The plan of a stamp. What `--purge` takes away may be rows of revisions that have no file.
    func draft(_ request: StampRequest, rows: [RevisionID]) async throws -> Draft {
        let graph = try await graph(with: [], rows: rows)
        var stamp = StampPlan(rowsAfter: rows)
        if !request.targets.isEmpty {
            do {
                stamp = try graph.stamp(to: request.targets, from: rows, purge: request.purge)
            } catch {
                throw Failure(error)
            }
        }
        return Draft(plan: Plan(rowsBefore: rows, steps: [], stamp: stamp), revisions: [:], graph: graph)
    }

    /// The plan for a target that a person gave, from the directory as it is. Nothing is queued.
    func draft(_ direction: Direction, to target: String, allowsGaps: Bool = false) async throws -> Draft {
        let found = try await versions.rowsWhereThere(on: session)
        if found == nil,
            let failure = try await versions.mistakenIdentity(on: session, database: configuration.name)
        {
            throw failure
        }
        let rows = found ?? []
        let parsed: RevisionTarget
        do {
            parsed = try RevisionTarget(parsing: target)
        } catch {
            throw Failure(error)
        }
        let graph = try await self.graph(with: [], rows: rows)
        let (plan, gaps) = try Planner(graph: graph).preview(direction, to: parsed, from: rows)
        guard allowsGaps || gaps.isEmpty else { throw Planner.refusal(of: gaps, target: target) }
        var revisions: [RevisionID: Revision] = [:]
        for step in plan.steps { revisions[step.revision] = graph[step.revision] }
        try refuseFaulty(direction.rawValue)
        return Draft(plan: plan, revisions: revisions, graph: graph, gaps: gaps)
    }

    /// Refuses to do this to the database while its directory has faults.
    func refuseFaulty(_ verb: String) throws(Failure) {
        let problems = library.snapshot.problems
        guard let problem = problems.first else { return }
        throw Failure(
            .revisionsInvalid,
            "cannot \(verb) \"\(configuration.name)\": its revisions have \(Plural.count(problems.count, "problem"))",
            hint: "mend them: migratectl status", location: problem.location,
            notes: problems.map {
                [$0.location?.description, $0.message].compactMap { $0 }.joined(separator: ": ")
            })
    }

    // MARK: Graphs

    /// The directory's graph, with the pinned bytes in the place of the files they came from, and with the kept bytes of
    /// what these stand on and of applied revisions, where their files are gone.
    private func graph(with pinned: [JobStore.Pin], rows: [RevisionID]) async throws -> RevisionGraph {
        let directory = library.snapshot.graph
        let changed = pinned.filter { directory[$0.revision]?.sourceDigest != $0.sourceDigest }
        guard !changed.isEmpty || rows.contains(where: { directory[$0] == nil }) else { return directory }
        let store = SourceStore(session: session)
        var files = try await store.files(changed.map(\.sourceDigest))
        let known = Set(pinned.map(\.revision)).union(directory.revisions.map(\.id))
        files += try await kept(for: rows + Self.parents(in: files), store: store, known: known)
        guard !files.isEmpty else { return directory }
        let loaded = RevisionDirectory.load(files, reusing: nil)
        var revisions = Dictionary(directory.revisions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for revision in loaded.revisions { revisions[revision.id] = revision }
        do {
            return try RevisionGraph(revisions.values.sorted { $0.path < $1.path })
        } catch {
            throw Failure(error.problems[0])
        }
    }

    /// The kept files of revisions and of their ancestors, as far back as the directory does not know them.
    private func kept(
        for ids: [RevisionID], store: SourceStore, known: Set<RevisionID>
    ) async throws -> [RevisionFile] {
        var files: [RevisionFile] = []
        var seen = known
        var wanted = Set(ids).subtracting(seen)
        while !wanted.isEmpty {
            seen.formUnion(wanted)
            let found = try await store.latestFiles(of: wanted.sorted())
            files += found
            wanted = Set(Self.parents(in: found)).subtracting(seen)
        }
        return files
    }

    /// What the revisions in these files stand on. Dependencies that are named by a label are not among them.
    private static func parents(in files: [RevisionFile]) -> [RevisionID] {
        RevisionDirectory.load(files, reusing: nil).revisions.flatMap { revision in
            revision.downRevisions + revision.dependsOn.map { RevisionID($0) }
        }
    }

    // MARK: Plans

    private func upgrade(to targets: [RevisionID], rows: [RevisionID], graph: RevisionGraph) throws -> Plan {
        do {
            let parsed = try targets.map { target throws(RevisionError) in try RevisionTarget(parsing: target.rawValue)
            }
            let steps = try graph.upgrade(to: parsed, from: rows)
            return Plan(
                rowsBefore: rows.sorted(),
                steps: steps.compactMap { step in graph[step.revision].flatMap { Step(step, of: $0) } })
        } catch {
            throw Failure(error)
        }
    }

    /// A downgrade takes back exactly the revisions that were pinned, as far as they are still applied.
    private func remaining(of pinned: [JobStore.Pin], rows: [RevisionID], graph: RevisionGraph) throws -> Plan {
        do {
            let steps = try graph.downgrade(exactly: pinned.map(\.revision), from: rows)
            return Plan(
                rowsBefore: rows.sorted(),
                steps: steps.compactMap { step in graph[step.revision].flatMap { Step(step, of: $0) } })
        } catch {
            throw Failure(error)
        }
    }

    /// The bytes of every step: those that the graph was made from, which for queued jobs are the pinned ones.
    private func bytes(for plan: Plan, graph: RevisionGraph) async throws -> [RevisionID: Revision] {
        var revisions: [RevisionID: Revision] = [:]
        for step in plan.steps { revisions[step.revision] = graph[step.revision] }
        return revisions
    }

    // MARK: Edited revisions

    /// Refuses to build on applied revisions whose meaning has changed since, where the policy says so.
    private func refuseEdited(_ plan: Plan, graph: RevisionGraph, rows: [RevisionID]) async throws {
        guard configuration.policy.editedAfterApply == .refuse, plan.steps.first?.direction == .upgrade else { return }
        let edited = try await EditedRevisions(database: configuration.name, session: session)
            .find(in: library.snapshot.graph, rows: rows)
        guard let first = edited.first, let revision = library.snapshot.graph[first] else { return }
        throw Failure(
            .editedAfterApply,
            "cannot upgrade \"\(configuration.name)\": \(edited.map { "\"\($0)\"" }.joined(separator: ", ")) was changed after it had been applied",
            hint: "put the file back as it was and write a new revision, or set edited_after_apply = \"warn\"",
            location: Failure.Location(path: revision.path))
    }
}

/// Finds applied revisions whose files no longer mean what was applied. Comments and white space do not count.
struct EditedRevisions: Sendable {
    let database: String
    let session: any PostgresSession

    func find(in graph: RevisionGraph, rows: [RevisionID]) async throws -> [RevisionID] {
        let known = rows.filter { graph[$0] != nil }
        guard !known.isEmpty else { return [] }
        let applied: Set<RevisionID>
        do {
            applied = try graph.applied(rows: known)
        } catch {
            throw Failure(error)
        }
        return try await HistoryStore(database: database, session: session).meaningOfApplied()
            .filter { id, meaning in
                guard applied.contains(id), let revision = graph[id] else { return false }
                return revision.upgrade.meaningDigest != meaning
            }
            .keys.sorted()
    }
}
