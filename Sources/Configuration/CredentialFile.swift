extension SettingsNode {
    /// The keys of a database that a credential may hold; its file is called `database.NAME.KEY`.
    private static let credentialKeys = ["password", "url"]

    /// Lays a credential over what the files say: it is there in place of the same key, not beside it.
    mutating func lay(_ credential: SettingsDocument, problems: ProblemCollector) {
        let origin = SettingsOrigin(file: credential.file)
        let name = credential.file.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[1].isEmpty, Self.credentialKeys.contains(parts[2]) else {
            return problems.report(
                at: origin, key: "", "no setting takes a credential of this name",
                hint: "call it database.NAME.password or database.NAME.url")
        }
        var text = credential.text[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        set(SettingsNode(value: .string(String(text)), keyOrigin: origin, origin: origin), at: parts[...])
    }

    /// Puts a node at a path, with the tables that lead there.
    private mutating func set(_ node: SettingsNode, at path: ArraySlice<String>) {
        guard let key = path.first else {
            self = node
            return
        }
        // Where something else than a table is, the judge of the section says so.
        guard case .table(var members) = value else { return }
        var member = members[key] ?? SettingsNode(value: .table([:]), keyOrigin: node.origin, origin: node.origin)
        member.set(node, at: path.dropFirst())
        members[key] = member
        value = .table(members)
    }
}
