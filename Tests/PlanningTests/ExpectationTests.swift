import Digest
import Planning
import Revisions
import Testing

/// What a rehearsal lets one expect.
@Suite struct ExpectationTests {
    private static func expectation(_ action: OverrunPolicy.Action = .stop, held: Double = 300) throws
        -> RehearsalExpectation
    {
        var report = RehearsalReport(planDigest: SHA256Digest.of("plan"), contentDigests: [], backup: "b")
        func statement(_ number: Int, _ time: Double, _ direction: Direction = .upgrade) -> StatementMeasure {
            StatementMeasure(
                revision: "002", direction: direction, number: number, line: 9, verb: "UPDATE",
                elapsedMilliseconds: time)
        }
        report.statements = [statement(1, 5000), statement(2, 1), statement(1, 90_000, .downgrade)]
        report.statements[1].locks = [
            LockMeasure(relation: "public.t", mode: "AccessExclusiveLock", heldMilliseconds: held)
        ]
        var policy = RehearsalPolicy(lockMilliseconds: 1000)
        policy.overrun = OverrunPolicy(action: action, factor: 10, leastMilliseconds: 30_000)
        return try #require(RehearsalExpectation(report, policy: policy))
    }

    @Test func aStatementMayTakeSoManyTimesWhatItTookOrTheLeast() throws {
        let expectation = try Self.expectation()
        #expect(expectation.budget("002", .upgrade, statement: 1) == 50_000)
        #expect(expectation.budget("002", .upgrade, statement: 2) == 30_000)
        #expect(expectation.budget("002", .upgrade, statement: 3) == nil, "it was not measured")
        #expect(expectation.budget("002", .downgrade, statement: 1) == nil, "it is only the way back")
        #expect(try Self.expectation(.tell).budget("002", .upgrade, statement: 1) == nil)
        #expect(try Self.expectation(.off).overrun("002", .upgrade, elapsed: 1e9) == nil)
        #expect(try Self.expectation(.tell).overrun("002", .upgrade, elapsed: 50_011) == 5001)
        #expect(try Self.expectation(.tell).overrun("002", .upgrade, elapsed: 50_009) == nil)
    }

    @Test func whoWaitsBehindUsWaitsNoLongerThanALockMayBeHeld() throws {
        #expect(try Self.expectation(held: 300).patience("002", .upgrade) == 700)
        #expect(try Self.expectation(held: 5000).patience("002", .upgrade) == 50)
        #expect(try Self.expectation().patience("003", .upgrade) == nil)
    }

    @Test func whatWasNotCarriedOutLetsOneExpectNothing() {
        var report = RehearsalReport(planDigest: SHA256Digest.of("plan"), contentDigests: [], backup: "b")
        report.outcome = .notRehearsed
        #expect(RehearsalExpectation(report, policy: RehearsalPolicy()) == nil)
    }

    @Test func whatIsAskedIsBoundByCodesObjectsAndContentsOnly() throws {
        var report = RehearsalReport(
            planDigest: SHA256Digest.of("plan"), contentDigests: [SHA256Digest.of("a")], backup: "b")
        #expect(AskedFindings(report) == nil)
        report.findings = [
            RehearsalFinding(.tableRewrite, "public.t", "in 3 s", action: .ask),
            RehearsalFinding(.dropsData, "public.t.c", "7 values", action: .ask),
            RehearsalFinding(.columnOrder, "002", "told only"),
        ]
        let asked = try #require(AskedFindings(report))
        #expect(asked.items.map(\.code) == [.dropsData, .tableRewrite])
        var slower = report
        slower.findings.reverse()
        slower.findings[2].message = "in 9 s"
        slower.planDigest = SHA256Digest.of("another plan with the same contents")
        #expect(AskedFindings(slower) == asked)
        var other = report
        other.findings[0].object = "public.u"
        #expect(AskedFindings(other)?.digest != asked.digest)
        other = report
        other.contentDigests = [SHA256Digest.of("b")]
        #expect(AskedFindings(other)?.digest != asked.digest)
    }
}
