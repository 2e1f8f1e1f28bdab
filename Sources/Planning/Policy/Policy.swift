/// What has to be true before a plan is carried out.
public struct Policy: Sendable, Hashable {
    /// How many different persons must have approved a step's content; 0 asks for none.
    public var approvals: Int
    /// Whether the approval of the person who queued the job counts.
    public var requesterMayApprove: Bool
    /// What to do when the meaning of an applied revision is no longer that of its file.
    public var editedAfterApply: EditedAfterApply

    /// What is done when an applied revision was edited afterwards.
    public enum EditedAfterApply: String, Sendable, Hashable, Codable, CaseIterable {
        case refuse
        case warn
    }

    public init(
        approvals: Int = 1, requesterMayApprove: Bool = true, editedAfterApply: EditedAfterApply = .refuse
    ) {
        self.approvals = approvals
        self.requesterMayApprove = requesterMayApprove
        self.editedAfterApply = editedAfterApply
    }

    /// Judges a plan by the approvals that stand.
    public func judge(_ plan: Plan, approvals standing: [Approval], requester: Person) -> Verdict {
        let missing = missing(
            of: plan.steps.map { MissingApproval($0, wanted: approvals) }, approvals: standing, requester: requester)
        return missing.isEmpty ? .approved : .missing(missing)
    }

    /// What of these approvals is missing still, by the approvals that stand now.
    public func missing(
        of wanted: [MissingApproval], approvals standing: [Approval], requester: Person
    ) -> [MissingApproval] {
        var persons: [ApprovedContent: Set<PersonKey>] = [:]
        for approval in standing where requesterMayApprove || PersonKey(approval.person) != PersonKey(requester) {
            persons[ApprovedContent(approval), default: []].insert(PersonKey(approval.person))
        }
        return wanted.compactMap { item in
            let given = persons[ApprovedContent(item)]?.count ?? 0
            guard given < approvals else { return nil }
            return MissingApproval(
                revision: item.revision, direction: item.direction, contentDigest: item.contentDigest, given: given,
                wanted: approvals)
        }
    }
}

extension Policy {
    /// Whether somebody who may has consented to what a rehearsal found.
    public func accepts(_ approvals: [FindingsApproval], requester: Person) -> Bool {
        approvals.contains { requesterMayApprove || PersonKey($0.person) != PersonKey(requester) }
    }
}

/// The policy's answer about a plan.
public enum Verdict: Sendable, Hashable {
    case approved
    case missing([MissingApproval])
}

/// One person for the purpose of counting: root is one person wherever it is.
private struct PersonKey: Hashable {
    let uid: UInt32
    let machineID: String

    init(_ person: Person) {
        uid = person.uid
        machineID = person.uid == 0 ? "" : person.machineID
    }
}
