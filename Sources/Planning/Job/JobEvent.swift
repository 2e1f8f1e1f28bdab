public import Revisions

/// Something that happened to a job. Events are numbered upwards from 1 within their job, so that a client that
/// was cut off asks for the rest and misses nothing.
public struct JobEvent: Sendable, Hashable, Codable {
    public var job: JobID
    public var sequence: Int64
    public var at: Timestamp
    public var kind: Kind
    /// The job's state after the event.
    public var state: JobState
    public var revision: RevisionID?
    /// One line for people.
    public var message: String
    public var progress: Progress?

    public init(
        job: JobID, sequence: Int64, at: Timestamp, kind: Kind, state: JobState, revision: RevisionID? = nil,
        message: String, progress: Progress? = nil
    ) {
        self.job = job
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.state = state
        self.revision = revision
        self.message = message
        self.progress = progress
    }

    /// How far something that takes long has come.
    public struct Progress: Sendable, Hashable, Codable {
        /// What is counted: `bytes`, `blocks`, `tuples`, `statements`, `revisions`.
        public var unit: String
        public var done: Int64
        /// Absent where the end is not known.
        public var total: Int64?
        /// What is being done at present: a table, a phase, a statement's first words.
        public var phase: String?

        public init(unit: String, done: Int64, total: Int64? = nil, phase: String? = nil) {
            self.unit = unit
            self.done = done
            self.total = total
            self.phase = phase
        }
    }
}
