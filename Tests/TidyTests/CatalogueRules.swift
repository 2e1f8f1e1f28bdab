/// The message catalogue and the sources must know the same events.
enum CatalogueRules {
    static let path = "systemd/migrated.catalog"

    static func findings(catalogue: String, sources: [SourceFile]) -> [TidyFinding] {
        let catalogue = SourceFile(path: path, text: catalogue)
        var entries: [String: Int] = [:]
        var findings: [TidyFinding] = []
        for (index, line) in catalogue.lines.enumerated() where line.hasPrefix("-- ") {
            let id = String(line.dropFirst(3))
            if !isMessageID(id) { findings.append(catalogue.finding(index, "\"\(id)\" is not a message id")) }
            if entries.updateValue(index, forKey: id) != nil {
                findings.append(catalogue.finding(index, "the message id \"\(id)\" has two entries"))
            }
            let next = index + 1 < catalogue.lines.count ? catalogue.lines[index + 1] : ""
            if !next.hasPrefix("Subject: ") { findings.append(catalogue.finding(index, "the entry has no subject")) }
        }
        if entries.isEmpty { findings.append(catalogue.finding(0, "the catalogue is empty")) }
        var sent: Set<String> = []
        for file in sources {
            for (index, line) in file.lines.enumerated()
            where line.utf8.count >= 32 && line.utf8.contains(UInt8(ascii: "\"")) {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
                for id in words where isMessageID(id) {
                    sent.insert(id)
                    if entries[id] == nil {
                        findings.append(file.finding(index, "the catalogue does not explain \"\(id)\""))
                    }
                }
            }
        }
        // Before anything is sent there is nothing to compare with.
        guard !sent.isEmpty else { return findings }
        for (id, index) in entries.sorted(by: { $0.value < $1.value }) where !sent.contains(id) {
            findings.append(catalogue.finding(index, "nothing sends the event \"\(id)\""))
        }
        return findings
    }

    private static func isMessageID(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
