import ArgumentParser
import Control
import Planning

/// `migratectl watch`: follows a job until it is over.
struct WatchCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a job until it is over.",
        discussion: "Ends with the status of the job. Ctrl-C ends the watching; the job goes on.")

    @OptionGroup var options: GlobalOptions

    @Argument(help: ArgumentHelp("The job, such as main-41; the open one if there is only one.", valueName: "job"))
    var job: JobID?

    @Flag(name: .long, help: "Where approvals are missing, wait until they are given.")
    var waitForApproval = false

    func run(in session: Session) async throws {
        let id = if let job { job } else { try await onlyOpenJob(session) }
        let form: JobDisplay.Form = session.output.isJSON ? .documents : session.waitingForm
        guard let ended = try await session.follow(id, staysParked: waitForApproval, form: form) else { return }
        if let failure = session.failure(of: ended) { throw failure }
        if !session.output.isJSON { try session.output.line(session.ending(ended)) }
    }

    private func onlyOpenJob(_ session: Session) async throws -> JobID {
        let jobs = try await session.client.call(
            ListJobs.self, .init(database: session.database, limit: 20, onlyOpen: true)
        ).jobs
        if let running = jobs.filter(\.state.isRunning).first, jobs.filter(\.state.isRunning).count == 1 {
            return running.id
        }
        guard let only = jobs.first, jobs.count == 1 else {
            throw Failure(
                .noSuchJob, "cannot choose what to watch: \(jobs.isEmpty ? "no job is open" : "several jobs are open")",
                hint: "name one: migratectl jobs")
        }
        return only.id
    }
}
