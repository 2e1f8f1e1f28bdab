import Digest
import Planning
import Revisions
import Testing

@Suite struct PlanTests {
    private static let plan = Plan(rowsBefore: ["x", "y"], steps: [Samples.step("a"), Samples.step("b")])

    @Test func theDigestBindsWhatIsDone() {
        let plan = Self.plan
        var others: [Plan] = [plan, plan, plan, plan, plan, plan]
        others[0].rowsBefore = ["x"]
        others[1].steps.reverse()
        others[2].steps.removeLast()
        others[3].steps[0].direction = .downgrade
        others[4].steps[0].contentDigest = SHA256Digest.of("other")
        others[5].steps[0].revision = "c"
        #expect(Set((others + [plan]).map(\.digest)).count == 7)
    }

    @Test func theDigestLeavesOutWhatIsOnlyShown() {
        var other = Self.plan
        other.rowsBefore.reverse()
        other.steps[0].description = "by another name"
        other.steps[0].path = "elsewhere.sql"
        other.steps[0].sourceDigest = SHA256Digest.of("with a mended downgrade")
        #expect(other.digest == Self.plan.digest)
    }

    @Test func theRowsAfterAreThoseOfTheLastStep() {
        #expect(Self.plan.rowsAfter == ["b"])
        #expect(Plan(rowsBefore: ["y", "x"], steps: []).rowsAfter == ["x", "y"])
        #expect(Plan(rowsBefore: [], steps: [Samples.step("a", rowsAfter: ["q", "p"])]).rowsAfter == ["p", "q"])
    }

    @Test func aDowngradeThroughAnIrreversibleRevisionIsRefusedByName() throws {
        let files = [
            ("a", "none", true), ("b", "a", false), ("c", "b", true), ("d", "c", false),
        ].map { id, parent, isReversible in
            let down = isReversible ? "\n-- migrated: downgrade\nSELECT 2;\n" : ""
            let text = "-- revision: \(id)\n-- down_revision: \(parent)\n\n-- migrated: upgrade\nSELECT 1;\n\(down)"
            return RevisionFile(path: "\(id).sql", bytes: Array(text.utf8))
        }
        let planner = Planner(graph: try #require(RevisionDirectory.load(files).graph))
        let failure = #expect(throws: Failure.self) {
            try planner.plan(.downgrade, to: try RevisionTarget(parsing: "a"), from: ["d"])
        }
        #expect(failure?.code == .irreversible && failure?.message.contains(#""d", "b""#) == true)
        let plan = try planner.plan(.downgrade, to: try RevisionTarget(parsing: "b"), from: ["c"])
        #expect(plan.steps.map(\.revision) == ["c"] && plan.rowsAfter == ["b"])
        let missing = #expect(throws: Failure.self) {
            try planner.plan(.upgrade, to: try RevisionTarget(parsing: "nowhere"), from: [])
        }
        #expect(missing?.code == .noSuchRevision)
    }

    @Test func whatIsToBeFilledInIsRefusedByNameAndNothingElse() throws {
        let gap = "-- migrated: unfinished: it reads the result of: SELECT 1\n"
        let files = [("a", "none", "", ""), ("b", "a", gap, ""), ("c", "b", "", gap)].map { id, parent, up, down in
            let text = """
                -- revision: \(id)
                -- down_revision: \(parent)

                -- migrated: upgrade
                SELECT 1;
                \(up)
                -- migrated: downgrade
                \(down)SELECT 2;
                """
            return RevisionFile(path: "\(id).sql", bytes: Array(text.utf8))
        }
        let planner = Planner(graph: try #require(RevisionDirectory.load(files).graph))
        let up = #expect(throws: Failure.self) {
            try planner.plan(.upgrade, to: RevisionTarget(parsing: "c"), from: [])
        }
        #expect(up?.code == .unfinishedRevision)
        #expect(up?.message == "cannot upgrade to \"c\": \"b\" is to be filled in first")
        #expect(up?.notes == ["b.sql:6: it reads the result of: SELECT 1"])
        let down = #expect(throws: Failure.self) {
            try planner.plan(.downgrade, to: RevisionTarget(parsing: "a"), from: ["c"])
        }
        #expect(down?.message == "cannot downgrade to \"a\": \"c\" is to be filled in first")
        // What has run already, and the other direction, are nobody's concern.
        #expect(
            try planner.plan(.upgrade, to: RevisionTarget(parsing: "c"), from: ["b"]).steps.map(\.revision) == ["c"])
        #expect(try planner.plan(.downgrade, to: RevisionTarget(parsing: "a"), from: ["b"]).steps.count == 1)
    }
}
