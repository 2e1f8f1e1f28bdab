import Control
import Digest
import Planning
import Revisions

extension Samples {
    static let asked = AskedFindings(digest: digest, items: [.init(code: .dropsData, object: "public.t")])
    static let findingsItem = FindingsItem(job: JobID(database: "main", number: 41), digest: digest)
    static let findingsApproval = FindingsApproval(
        digest: digest, job: JobID(database: "main", number: 41), person: person, givenAt: moment)

    /// A report with something in every field.
    static let rehearsal: RehearsalReport = {
        let digest = SHA256Digest.of("a plan")
        var report = RehearsalReport(planDigest: digest, contentDigests: [digest], backup: "main-20261122T101500Z-001")
        report.reason = "for the sample"
        report.serverVersion = "15.18"
        report.databaseSize = 1 << 20
        report.statements = [
            StatementMeasure(
                revision: "002", direction: .upgrade, number: 1, line: 6, verb: "ALTER TABLE", elapsedMilliseconds: 1.5,
                locks: [
                    LockMeasure(
                        relation: "public.t", mode: "AccessExclusiveLock", heldMilliseconds: 2.5, isOfNew: true)
                ],
                relations: [RelationMeasure(name: "public.t", kind: .table, isRewritten: true)])
        ]
        report.statements[0].samples = 3
        report.statements[0].temporaryBytes = 8192
        report.statements[0].relations[0].rows = 7
        var way = WayBack(takenBack: ["002"], irreversible: ["001"])
        way.schemaDifferences = ["- a"]
        way.secondUpgradeDifferences = ["+ b"]
        var finding = RehearsalFinding(
            .tableRewrite, "public.t", "writes all of it anew", action: .refuse,
            location: Failure.Location(path: "002.sql", line: 6, column: 1))
        finding.examples = ["(1): 2 rows"]
        way.losses = [DataLoss(relation: "public.t", column: "c", before: 3, after: 0)]
        report.wayBack = way
        report.findings = [finding]
        return report
    }()
}
