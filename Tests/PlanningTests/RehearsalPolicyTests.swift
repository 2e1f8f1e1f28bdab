import Digest
import Planning
import Revisions
import Testing

/// What figures amount to.
@Suite struct RehearsalPolicyTests {
    private func report(_ statements: StatementMeasure...) -> RehearsalReport {
        var report = RehearsalReport(planDigest: SHA256Digest.of("plan"), contentDigests: [], backup: "b")
        report.statements = statements
        return report
    }

    private func statement(
        _ verb: String, locks: [LockMeasure] = [], relations: [RelationMeasure] = []
    ) -> StatementMeasure {
        StatementMeasure(
            revision: "002", direction: .upgrade, number: 1, line: 9, verb: verb, locks: locks, relations: relations)
    }

    private func codes(_ policy: RehearsalPolicy, _ report: RehearsalReport) -> [RehearsalFinding.Code] {
        policy.judge(report) { _ in "002.sql" }.map(\.code)
    }

    @Test func aStrongLockCountsFromItsBudgetOn() {
        let policy = RehearsalPolicy(lockMilliseconds: 100)
        func lock(_ mode: String, _ time: Double) -> StatementMeasure {
            statement("ALTER TABLE", locks: [LockMeasure(relation: "public.t", mode: mode, heldMilliseconds: time)])
        }
        #expect(codes(policy, report(lock("AccessExclusiveLock", 101))) == [.strongLock])
        #expect(codes(policy, report(lock("AccessExclusiveLock", 100))) == [])
        #expect(codes(policy, report(lock("RowExclusiveLock", 5000))) == [])
        #expect(codes(policy, report(lock("ShareLock", 101), lock("ShareLock", 300))) == [.strongLock])
    }

    @Test func whatThePlanItselfMadeIsInNobodysWay() {
        var made = RelationMeasure(name: "public.t", kind: .table, isNew: true, isRewritten: true)
        made.bytesBefore = 1 << 30
        let lock = LockMeasure(relation: "public.t", mode: "AccessExclusiveLock", heldMilliseconds: 9000)
        #expect(codes(RehearsalPolicy(), report(statement("CREATE TABLE", locks: [lock], relations: [made]))) == [])
    }

    @Test func aRewriteCountsFromItsSizeOn() throws {
        let policy = RehearsalPolicy(rewriteBytes: 1000, refused: [.tableRewrite])
        func rewrite(_ verb: String, _ bytes: Int64) -> RehearsalReport {
            let table = RelationMeasure(name: "public.t", kind: .table, isRewritten: true, bytesBefore: bytes)
            return report(statement(verb, relations: [table]))
        }
        #expect(codes(policy, rewrite("ALTER TABLE", 999)) == [])
        #expect(codes(policy, rewrite("TRUNCATE", 5000)) == [])
        let findings = policy.judge(rewrite("ALTER TABLE", 1000)) { _ in "002.sql" }
        let finding = try #require(findings.first)
        #expect(finding.code == .tableRewrite && finding.action == .refuse && finding.location?.line == 9)
    }

    @Test func aConstraintThatReadsALargeTableIsTold() {
        let table = RelationMeasure(name: "public.t", kind: .table, sequentialScans: 1, rowsRead: 10_000)
        let lock = LockMeasure(relation: "public.t", mode: "ShareRowExclusiveLock", heldMilliseconds: 1)
        let scan = statement("ALTER TABLE", locks: [lock], relations: [table])
        #expect(codes(RehearsalPolicy(), report(scan)) == [.tableScan])
        #expect(codes(RehearsalPolicy(), report(statement("UPDATE", locks: [lock], relations: [table]))) == [])
        // Others can write meanwhile, unless an earlier statement of the revision keeps them from it.
        let validation = statement("ALTER TABLE", relations: [table])
        #expect(codes(RehearsalPolicy(), report(validation)) == [])
        #expect(codes(RehearsalPolicy(), report(statement("LOCK TABLE", locks: [lock]), validation)) == [.tableScan])
    }
}
