import Digest
import Planning
import Revisions
import Testing

@Suite struct PolicyTests {
    private static let root = Person(uid: 0, userName: "root", machineID: "m1")
    private static let rootElsewhere = Person(uid: 0, userName: "toor", machineID: "m2")
    private static let ann = Person(uid: 1000, userName: "ann", machineID: "m1")
    private static let annByAnotherName = Person(uid: 1000, userName: "anna", loginUID: 7, machineID: "m1")
    private static let annElsewhere = Person(uid: 1000, userName: "ann", machineID: "m2")
    private static let bob = Person(uid: 1001, userName: "bob", machineID: "m1")

    private static let steps = [Samples.step("a"), Samples.step("b")]

    private func approvals(_ persons: Person..., of step: Step) -> [Approval] {
        persons.map {
            Approval(
                revision: step.revision, direction: step.direction, contentDigest: step.contentDigest, person: $0,
                givenAt: Timestamp(microseconds: 0))
        }
    }

    /// Who approved the one step, how many are asked for, whether who asks may approve, and whether that suffices.
    @Test(
        arguments: [
            ([], 0, true, true), ([], 1, true, false), ([ann], 1, true, true), ([ann], 2, true, false),
            ([ann, bob], 2, true, true),
            // One person twice, under another name or after another login.
            ([ann, ann], 2, true, false), ([ann, annByAnotherName], 2, true, false),
            // Root is one person wherever it is; the same uid on two machines is two.
            ([root, rootElsewhere], 2, true, false), ([root, ann], 2, true, true),
            ([ann, annElsewhere], 2, true, true),
            // Ann asks.
            ([ann], 1, false, false), ([bob], 1, false, true), ([ann, bob], 2, false, false), ([root], 1, false, true),
            ([annByAnotherName], 1, false, false), ([annElsewhere], 1, false, true),
        ] as [([Person], Int, Bool, Bool)])
    func aStepIsJudgedByThePersonsWhoApprovedIt(_ persons: [Person], _ wanted: Int, _ mayApprove: Bool, _ passes: Bool)
    {
        let policy = Policy(approvals: wanted, requesterMayApprove: mayApprove)
        let step = Self.steps[0]
        let standing = persons.flatMap { approvals($0, of: step) }
        let verdict = policy.judge(Plan(rowsBefore: [], steps: [step]), approvals: standing, requester: Self.ann)
        #expect((verdict == .approved) == passes)
    }

    @Test func rootThatAsksOnOneMachineDoesNotApproveOnAnother() {
        let policy = Policy(approvals: 1, requesterMayApprove: false)
        let standing = approvals(Self.rootElsewhere, of: Self.steps[0])
        let verdict = policy.judge(
            Plan(rowsBefore: [], steps: [Self.steps[0]]), approvals: standing, requester: Self.root)
        #expect(verdict != .approved)
    }

    @Test func anApprovalBindsContentDirectionAndRevision() {
        let step = Self.steps[0]
        var others: [Step] = [step, step, step]
        others[0].direction = .downgrade
        others[1].contentDigest = SHA256Digest.of("other")
        others[2].revision = "z"
        let standing = others.flatMap { approvals(Self.ann, of: $0) }
        let verdict = Policy().judge(Plan(rowsBefore: [], steps: [step]), approvals: standing, requester: Self.bob)
        #expect(
            verdict
                == .missing([
                    MissingApproval(
                        revision: "a", direction: .upgrade, contentDigest: step.contentDigest, given: 0, wanted: 1)
                ]))
    }

    @Test func whatIsMissingIsListedInTheOrderOfThePlan() {
        let policy = Policy(approvals: 2)
        let plan = Plan(rowsBefore: [], steps: Self.steps + [Samples.step("c")])
        let standing =
            approvals(Self.ann, Self.bob, of: Self.steps[1]) + approvals(Self.ann, of: Self.steps[0])
        guard case .missing(let missing) = policy.judge(plan, approvals: standing, requester: Self.root) else {
            Issue.record("nothing is missing")
            return
        }
        #expect(missing.map(\.revision) == ["a", "c"])
        #expect(missing.map(\.given) == [1, 0] && missing.map(\.wanted) == [2, 2])
        // What was missing is judged anew when somebody has approved some of it.
        let more = standing + approvals(Self.bob, of: Self.steps[0])
        #expect(policy.missing(of: missing, approvals: standing, requester: Self.root) == missing)
        #expect(policy.missing(of: missing, approvals: more, requester: Self.root).map(\.revision) == ["c"])
    }

    @Test func anEmptyPlanNeedsNothing() {
        #expect(
            Policy(approvals: 3).judge(Plan(rowsBefore: ["a"], steps: []), approvals: [], requester: Self.ann)
                == .approved)
    }
}

enum Samples {
    static func step(_ id: RevisionID, _ direction: Direction = .upgrade, rowsAfter: [RevisionID]? = nil) -> Step {
        Step(
            revision: id, direction: direction, contentDigest: SHA256Digest.of("\(id) \(direction)"),
            sourceDigest: SHA256Digest.of("\(id)"), description: "does \(id)", path: "\(id).sql", isTransactional: true,
            statementCount: 1, rowChanges: [.insert(id)], rowsAfter: rowsAfter ?? [id])
    }
}
