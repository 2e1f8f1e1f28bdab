import ArgumentParser
import Control
import Planning
import Revisions

/// The options of upgrade and downgrade, and what both do.
struct MigrationFlags: ParsableArguments {
    @OptionGroup var queue: QueueFlags

    @Flag(name: .long, help: "Where approvals are missing, wait until they are given.")
    var waitForApproval = false

    @Flag(name: .long, help: "Show the plan, ask, and approve exactly that first.")
    var approve = false

    @Flag(name: .long, help: "With --approve: do not ask.")
    var yes = false

    func validate() throws {
        if yes, !approve { throw ValidationError("--yes goes with --approve") }
    }

    /// Refuses what is about a job, where SQL is written instead of queueing one.
    func refuse(with script: ScriptFlags) throws {
        try queue.refuse(with: script, others: approve || waitForApproval)
    }

    func run<M: ControlMethod>(
        _ method: M.Type, _ direction: Direction, to target: String, in session: Session
    ) async throws where M.Parameters == MigrationRequest, M.Reply == JobReply {
        // Where nobody has written who is to consent, it is the one who calls.
        let isOwnAffair = session.isLocal && CallerSettings(session.context).areUnwritten
        if approve || isOwnAffair {
            let approving = Approving(session: session, isVerbose: false, assumesYes: yes || !approve)
            guard try await approving.approvePlan(direction, target: target, isQuiet: session.output.isJSON) else {
                throw Failure(.cancelled, "cannot \(direction.rawValue): the plan was not approved")
            }
        }
        let reply = try await session.client.call(
            method,
            MigrationRequest(database: session.database, target: target, requestId: queue.request))
        try await session.see(reply.job, isBlocking: !queue.noBlock, staysParked: waitForApproval)
    }
}

extension Session {
    /// Waits for a job that was just queued, or says its name where nobody wants to wait.
    func see(_ job: Job, isBlocking: Bool, staysParked: Bool) async throws {
        guard isBlocking || isLocal else {
            return try output.isJSON ? output.document(JobReply(job: job)) : output.line(job.id.description)
        }
        guard !job.state.isFinal else { return try conclude(job) }
        let ended = try await follow(job.id, staysParked: staysParked, isOurs: true, form: waitingForm)
        try conclude(ended ?? job)
    }
}

/// The UUID of a request.
enum RequestID {
    /// A random one (RFC 9562, version 4).
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}
