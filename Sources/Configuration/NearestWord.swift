/// Finds what somebody who mistyped a word most likely meant.
enum NearestWord {
    /// The candidate with the smallest edit distance to `word`, if one is near enough to be worth a hint.
    static func among(_ candidates: [String], to word: String) -> String? {
        let limit = max(1, min(3, word.unicodeScalars.count / 3))
        var best: (word: String, distance: Int)?
        for candidate in candidates.sorted() {
            let distance = editDistance(plain(word), plain(candidate))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make one text of the other.
    static func editDistance(_ first: String, _ second: String) -> Int {
        let a = Array(first.unicodeScalars.prefix(64))
        let b = Array(second.unicodeScalars.prefix(64))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }

    // `socketMode` and `socket-mode` are `socket_mode` in other people's settings.
    private static func plain(_ word: String) -> String {
        word.lowercased().filter { $0 != "_" && $0 != "-" }
    }
}
