/// Finds the word that was probably meant.
enum Spelling {
    /// The known word that is nearest to what was written, if it is near at all.
    static func nearest(to written: String, among known: [String]) -> String? {
        let limit = max(2, written.count / 3)
        return known.map { (distance(written, $0), $0) }.filter { $0.0 <= limit }.min { $0.0 < $1.0 }?.1
    }

    /// How many letters have to be put in, taken out or changed.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (number, letter) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = number + 1
            for column in right.indices {
                let change = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
