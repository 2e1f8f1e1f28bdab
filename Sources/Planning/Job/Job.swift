public import Revisions

/// The name of a job everywhere: `DATABASE-N`, such as `main-41`.
public struct JobID: Sendable, Hashable, Codable, CustomStringConvertible {
    public var database: String
    public var number: Int64

    public init(database: String, number: Int64) {
        self.database = database
        self.number = number
    }

    /// Reads `main-41`; nil where the text has no `-N` at its end.
    public init?(parsing text: String) {
        guard let dash = text.lastIndex(of: "-"), let number = Int64(text[text.index(after: dash)...]), number > 0,
            dash != text.startIndex
        else { return nil }
        self.init(database: String(text[..<dash]), number: number)
    }

    public var description: String { "\(database)-\(number)" }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let parsed = JobID(parsing: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the name of a job: \(text)")
        }
        self = parsed
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What a job does.
public enum JobKind: String, Sendable, Hashable, Codable, CaseIterable {
    case upgrade
    case downgrade
    /// Says what is applied and runs nothing.
    case stamp
    case backup
    /// Carries out an upgrade in a copy of the database only.
    case rehearse
    /// Empties a development database.
    case reset
    /// Makes a database from a backup.
    case restore

    /// Whether there is nothing to do for it where the plan has no steps.
    public var isAboutRevisions: Bool { direction != nil || self == .stamp || self == .rehearse }

    /// Whether something may be lost by it that a backup brings back.
    public var changesSchema: Bool { direction != nil || self == .reset }

    /// The direction in which revisions are applied, where they are.
    public var direction: Direction? {
        switch self {
        case .upgrade: .upgrade
        case .downgrade: .downgrade
        case .stamp, .backup, .rehearse, .reset, .restore: nil
        }
    }

    /// Whether its plan has revisions as steps, be it only to try them.
    public var hasSteps: Bool { direction != nil || self == .rehearse }
}

/// A unit of work in the queue of one database. It outlives clients, daemons and servers.
public struct Job: Sendable, Hashable, Codable {
    public var id: JobID
    public var kind: JobKind
    public var state: JobState
    /// The target as it was given: `head`, an id, `+1`, …; empty for a backup.
    public var target: String
    /// The revisions that the target meant when the job was queued; empty for `base`.
    public var targetRevisions: [RevisionID]
    /// How many revisions the job was to apply when it was queued.
    public var stepCount: Int
    /// How many of them it has applied.
    public var appliedCount: Int
    public var requestedBy: Person
    public var requestID: String
    public var requestedAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// Why it failed or waits for a decision.
    public var failure: Failure?
    /// Which approvals a parked job waits for.
    public var missingApprovals: [MissingApproval]?
    /// What its rehearsal found that somebody has to consent to, for a parked job.
    public var missingFindings: AskedFindings?
    /// The name of the backup that was taken for it.
    public var backup: String?
    /// Somebody has asked for its end; whoever runs it sees that at the next look.
    public var isCancelRequested: Bool

    public init(
        id: JobID, kind: JobKind, state: JobState, target: String, targetRevisions: [RevisionID] = [],
        stepCount: Int = 0, appliedCount: Int = 0, requestedBy: Person, requestID: String, requestedAt: Timestamp,
        startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil, failure: Failure? = nil,
        missingApprovals: [MissingApproval]? = nil, missingFindings: AskedFindings? = nil, backup: String? = nil,
        isCancelRequested: Bool = false
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.target = target
        self.targetRevisions = targetRevisions
        self.stepCount = stepCount
        self.appliedCount = appliedCount
        self.requestedBy = requestedBy
        self.requestID = requestID
        self.requestedAt = requestedAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.failure = failure
        self.missingApprovals = missingApprovals
        self.missingFindings = missingFindings
        self.backup = backup
        self.isCancelRequested = isCancelRequested
    }
}

/// Somebody, by the kernel's word. The same uid on two machines is two persons; uid 0 counts as one.
public struct Person: Sendable, Hashable, Codable {
    public var uid: UInt32
    public var userName: String
    /// Who logged in, where that is known and differs from who calls (sudo).
    public var loginUID: UInt32?
    public var machineID: String

    public init(uid: UInt32, userName: String, loginUID: UInt32? = nil, machineID: String) {
        self.uid = uid
        self.userName = userName
        self.loginUID = loginUID
        self.machineID = machineID
    }
}
