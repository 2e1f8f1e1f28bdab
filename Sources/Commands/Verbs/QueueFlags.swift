import ArgumentParser

/// The options of every verb that queues a job.
struct QueueFlags: ParsableArguments {
    @Flag(name: .long, help: "Queue the job, print its name, and do not wait.")
    var noBlock = false

    @Option(
        name: .long,
        help: ArgumentHelp("A UUID: the same request sent twice is one job.", valueName: "uuid"))
    var requestID: String?

    func validate() throws {
        if let requestID, !RequestID.isValid(requestID) {
            throw ValidationError("\"\(requestID)\" is no UUID")
        }
    }

    /// Refuses what is about a job, where SQL is written instead of queueing one.
    func refuse(with script: ScriptFlags, others: Bool = false) throws {
        if script.isWanted, noBlock || requestID != nil || others {
            throw ValidationError("--sql queues no job: leave out what is about one")
        }
    }

    /// The request's UUID: the caller's own, or a new one.
    var request: String { requestID ?? RequestID.make() }
}
