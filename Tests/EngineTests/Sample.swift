/// A revision for a test. What it does in the database is what the test counts.
struct Sample: Sendable {
    var id: String
    var parents: [String]
    var up: String
    var down: String?
    var isTransactional = true

    init(_ id: String, after parents: String..., up: String, down: String? = nil, isTransactional: Bool = true) {
        self.id = id
        self.parents = parents
        self.up = up
        self.down = down
        self.isTransactional = isTransactional
    }

    /// A revision that makes a table of its own.
    static func table(_ id: String, after parents: String...) -> Sample {
        var sample = Sample(id, up: "CREATE TABLE t_\(id) (n integer);", down: "DROP TABLE t_\(id);")
        sample.parents = parents
        return sample
    }

    /// A chain of revisions that each leave a mark in the table `log`, which the first of them makes. A revision that is
    /// applied twice leaves two.
    static func marks(_ count: Int) -> [Sample] {
        (1...count).map { number in
            let make = number == 1 ? "CREATE TABLE log (mark text);\n" : ""
            var sample = Sample(
                "r\(number)", up: "\(make)INSERT INTO log VALUES ('r\(number)');",
                down: number == 1 ? "DROP TABLE log;" : "DELETE FROM log WHERE mark = 'r\(number)';")
            if number > 1 { sample.parents = ["r\(number - 1)"] }
            return sample
        }
    }

    var file: String { "\(id)_sample.sql" }

    var text: String {
        var lines = [
            "-- revision: \(id)", "-- down_revision: \(parents.isEmpty ? "none" : parents.joined(separator: ", "))",
        ]
        if !isTransactional { lines.append("-- transaction: off") }
        lines += ["-- description: sample \(id)", "", "-- migrated: upgrade", up]
        if let down { lines += ["", "-- migrated: downgrade", down] }
        return lines.joined(separator: "\n") + "\n"
    }
}
