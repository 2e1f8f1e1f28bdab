public import Planning

/// Whether, where and how thoroughly a plan is rehearsed before it is carried out.
public struct RehearsalRules: Sendable, Hashable {
    public var isOn: Bool
    /// Where the copies are while they are needed, each in a directory of its own.
    public var directory: String
    /// Where the files of new clusters are kept, for a copy's server to be up sooner.
    public var templates: String
    /// The socket of the unit that copies are in instead; nil where we start them ourselves.
    public var unit: String?
    /// A database of more bytes is not rehearsed.
    public var maximumSize: Int64
    /// Whether the plan is taken back as well.
    public var takesWayBack: Bool
    /// In a database of more bytes it is not.
    public var wayBackMaximumSize: Int64
    /// Parallel jobs of pg_restore.
    public var jobs: Int
    /// What is worth telling, and what stops the job.
    public var policy: RehearsalPolicy

    public init(
        isOn: Bool = true, directory: String, maximumSize: Int64 = 20 << 30, takesWayBack: Bool = true,
        wayBackMaximumSize: Int64 = 5 << 30, jobs: Int = 2, policy: RehearsalPolicy = RehearsalPolicy()
    ) {
        self.isOn = isOn
        self.directory = directory
        templates = directory + "/.clusters"
        self.maximumSize = maximumSize
        self.takesWayBack = takesWayBack
        self.wayBackMaximumSize = wayBackMaximumSize
        self.jobs = jobs
        self.policy = policy
    }
}
