import Control
import Engine
import Planning
import PostgresClient
import Varlink

extension Handlers {
    func queue(_ kind: JobKind, _ request: MigrationRequest, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let engine = try await engineForWork(request.database)
        let job = try await engine.enqueue(
            kind, target: request.target, requestID: request.requestId, person: Access.person(call.peer))
        // What has nothing to do is over before anybody could ask how it goes.
        return JobReply(job: job.stepCount > 0 ? job : try await engine.ended(job, within: Self.moment))
    }

    /// How long a call waits for the end of a job that should be over at once.
    private static let moment = Duration.milliseconds(100)

    func queueStamp(_ parameters: Stamp.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        guard !parameters.targets.isEmpty else {
            throw Failure(.usage, "cannot stamp: no revision is named", hint: "name one, or base")
        }
        let engine = try await engineOnceTried(parameters.database)
        let job = try await engine.enqueueStamp(
            to: parameters.targets, purge: parameters.purge ?? false, requestID: parameters.requestId,
            person: Access.person(call.peer))
        return JobReply(job: job)
    }

    func queueVersionTable(_ parameters: EnsureVersion.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let engine = try await engineOnceTried(parameters.database)
        let job = try await engine.enqueueStamp(
            to: [], purge: false, requestID: parameters.requestId, person: Access.person(call.peer))
        return JobReply(job: job)
    }

    func queueRehearsal(_ parameters: Rehearse.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let engine = try await engineForWork(parameters.database)
        let job = try await engine.enqueueRehearsal(
            to: parameters.target, takesWayBack: parameters.noWayBack != true, requestID: parameters.requestId,
            person: Access.person(call.peer))
        return JobReply(job: job)
    }

    func getRehearsal(_ parameters: GetRehearsal.Parameters) async throws -> GetRehearsal.Reply {
        let latest = try await engineOnceTried(parameters.database).latestRehearsal()
        return GetRehearsal.Reply(job: latest?.job, report: latest?.report)
    }

    func listJobs(_ parameters: ListJobs.Parameters) async throws -> ListJobs.Reply {
        let limit = max(1, min(parameters.limit ?? 50, 10_000))
        let jobs = try await reachable(parameters.database) {
            try await $0.jobs(limit: limit, onlyOpen: parameters.onlyOpen ?? false)
        }
        return ListJobs.Reply(jobs: jobs.sorted { $0.requestedAt > $1.requestedAt })
    }

    func getJob(_ parameters: GetJob.Parameters) async throws -> GetJob.Reply {
        let (engine, number) = try await find(parameters.job)
        var events: [JobEvent] = []
        while true {
            let next = try await engine.events(of: number, after: events.last?.sequence ?? 0)
            events += next
            if next.isEmpty || events.count >= 10_000 { break }
        }
        return GetJob.Reply(
            job: try await engine.job(number), steps: try await engine.steps(of: number), events: events,
            rehearsal: try await engine.rehearsal(of: number))
    }

    func cancel(_ parameters: Cancel.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.operate, of: call.peer)
        let (engine, number) = try await find(parameters.job)
        return JobReply(job: try await engine.cancel(number, by: Access.person(call.peer)))
    }

    func resolve(_ parameters: Resolve.Parameters, _ call: Call) async throws -> JobReply {
        try Access.demand(.administer, of: call.peer)
        let (engine, number) = try await find(parameters.job)
        let decision: DatabaseEngine.Decision =
            switch parameters.decision {
            case .applied: .applied
            case .notApplied: .notApplied
            case .retry: .retry
            case .abandon: .abandon
            case .endSession: .endSession
            }
        return JobReply(
            job: try await engine.resolve(
                number, decision, reason: parameters.reason, by: Access.person(call.peer)))
    }

    // MARK: Watching

    /// The state first, then events as they come, then the state in which the job ended. A database that goes away in the
    /// meantime is waited for: the job goes on when it is back.
    func watchJob(_ parameters: WatchJob.Parameters, _ stream: ControlStream<WatchJob>) async throws {
        let (first, number) = try await find(parameters.job)
        let raised = first.signal.generation
        let begin = try await first.job(number)
        guard stream.more else { return try await stream.finish(WatchJob.Reply(job: begin)) }
        try await stream.send(WatchJob.Reply(job: begin))
        var known: (job: Job, seen: UInt64)? = (begin, raised)
        var last = parameters.fromSequence ?? 0
        while true {
            // Looked up each time: a reload may have replaced the engine, or removed its database.
            let engine = try databases.engine(first.configuration.name)
            let seen = known?.seen ?? engine.signal.generation
            do {
                let job = if let known { known.job } else { try await engine.job(number) }
                known = nil
                let events = try await engine.events(of: number, after: last)
                for event in events {
                    try await stream.send(WatchJob.Reply(event: event))
                    last = event.sequence
                }
                // Nothing is told of a job after its end, which was seen before these events were read.
                if job.state.isFinal, events.count < DatabaseEngine.mostEvents {
                    return try await stream.finish(WatchJob.Reply(job: job))
                }
                if Self.isOver(job, parameters) && events.isEmpty {
                    return try await stream.finish(WatchJob.Reply(job: try await engine.job(number)))
                }
                if !events.isEmpty { continue }
            } catch let failure as Failure where failure.code == .databaseUnavailable {
                // Waited for.
            } catch is ConnectionError {
                // The same.
            }
            try Task.checkCancellation()
            await engine.signal.wait(since: seen, upTo: .seconds(1))
        }
    }

    private static func isOver(_ job: Job, _ parameters: WatchJob.Parameters) -> Bool {
        if job.state.isFinal { return true }
        return parameters.untilParked == true && (job.state == .awaitingApproval || job.state == .needsDecision)
    }

    /// The latest events, then every new one.
    func subscribe(_ parameters: Subscribe.Parameters, _ stream: ControlStream<Subscribe>) async throws {
        let engines = try engines(parameters.database)
        let count = max(0, min(parameters.last ?? 50, 10_000))
        var latest = try await reachable(parameters.database) { try await $0.latestEvents(count) }
        latest = Array(latest.sorted { $0.at < $1.at }.suffix(count))
        guard stream.more else { return try await stream.finish(Subscribe.Reply(events: latest)) }
        try await stream.send(Subscribe.Reply(events: latest))
        let news = News(latest: latest)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in engines.map(\.configuration.name) {
                group.addTask { try await news.follow(name, in: databases, to: stream) }
            }
            try await group.waitForAll()
        }
    }
}

/// Sends the events of one engine after those that were sent already.
private struct News: Sendable {
    let latest: [JobEvent]

    /// The engine is looked up each time: a reload may have put another one in its place, or removed the database.
    func follow(_ name: String, in databases: DatabaseSet, to stream: ControlStream<Subscribe>) async throws {
        var sent: [JobID: Int64] = [:]
        for event in latest { sent[event.job] = max(sent[event.job] ?? 0, event.sequence) }
        var newest = latest.last?.at
        while let engine = try? databases.engine(name) {
            let seen = engine.signal.generation
            if let events = try? await engine.latestEvents(200) {
                let news = events.filter { event in
                    event.sequence > sent[event.job] ?? 0 && (newest.map { event.at >= $0 } ?? true)
                }
                if !news.isEmpty {
                    try await stream.send(Subscribe.Reply(events: news))
                    for event in news { sent[event.job] = max(sent[event.job] ?? 0, event.sequence) }
                    newest = news.last?.at ?? newest
                }
            }
            try Task.checkCancellation()
            await engine.signal.wait(since: seen, upTo: .seconds(2))
        }
    }
}
