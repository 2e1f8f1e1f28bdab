/// What the source files of one target may import.
struct TargetImports {
    /// Modules of ours.
    var ours: [String]
    /// Modules of others, the toolchain's included.
    var others: [String]

    init(_ ours: [String] = [], others: [String] = []) {
        self.ours = ours
        self.others = others
    }
}

/// Who may know whom. A target that is not listed may not exist.
enum ImportRules {
    private static let system = ["FoundationEssentials", "Glibc", "Dispatch", "Synchronization"]
    private static let nio = ["NIOCore", "NIOPosix", "NIOFoundationCompat", "NIOConcurrencyHelpers"]
    private static let service = ["Logging", "ServiceLifecycle", "UnixSignals"]

    /// The floors of the house, from the ground up.
    static let table: [String: TargetImports] = [
        "Digest": TargetImports(["CCrypto"]),
        "Gzip": TargetImports(["CIsal"]),
        "SQLText": TargetImports(),
        "Revisions": TargetImports(["SQLText", "Digest"]),
        "SchemaModel": TargetImports(["SQLText"]),
        "Planning": TargetImports(["Revisions", "SchemaModel", "SQLText", "Digest"]),
        "Faults": TargetImports(others: ["Glibc", "Synchronization"]),
        "Liveness": TargetImports(others: ["Dispatch", "Synchronization"]),
        "PostgresClient": TargetImports(["CLibPQ", "Faults", "Liveness"], others: system),
        "Varlink": TargetImports(others: system + nio + ["Logging"]),
        "Host": TargetImports(
            ["CLinux", "Digest", "Faults", "Liveness"], others: system + ["Subprocess", "SystemPackage"]),
        "Systemd": TargetImports(["CSystemd"], others: system + service),
        "Introspection": TargetImports(["SchemaModel", "PostgresClient"], others: ["FoundationEssentials"]),
        "Engine": TargetImports(
            [
                "Planning", "Revisions", "SchemaModel", "SQLText", "Digest", "Gzip", "Introspection",
                "PostgresClient", "Host", "Faults", "Liveness",
            ], others: system + service),
        "Control": TargetImports(["Planning", "Varlink", "Revisions", "Digest", "Faults"], others: system),
        "Configuration": TargetImports(
            ["Planning", "Revisions", "SchemaModel"], others: ["FoundationEssentials", "Glibc", "TOMLKit"]),
        "Daemon": TargetImports(
            [
                "Engine", "Control", "Configuration", "Systemd", "Planning", "Revisions", "Host", "Varlink",
                "PostgresClient", "Digest", "Faults",
                "SQLText",
            ], others: system + service + ["ArgumentParser"]),
        "Commands": TargetImports(
            [
                "Control", "Configuration", "Planning", "Revisions", "SchemaModel", "SQLText", "Introspection", "Host",
                "Varlink", "PostgresClient",
                "Digest",
            ], others: system + ["ArgumentParser"]),
        "migrated": TargetImports(["Daemon"], others: ["ArgumentParser", "Glibc"]),
        "migrated-torture": TargetImports(["Torture"], others: ["ArgumentParser", "Glibc"]),
        "migratectl": TargetImports(["Commands"], others: ["ArgumentParser", "Glibc"]),
    ]

    /// Targets that hold C only, or fixtures that may import anything.
    static let exempt: Set<String> = ["CCrypto", "CIsal", "CLibPQ", "CSystemd", "CLinux", "TestSupport", "Torture"]

    /// The domain: no clock, no files, no Foundation.
    static let domain: Set<String> = ["Digest", "Gzip", "SQLText", "Revisions", "SchemaModel", "Planning"]

    /// Imports that the table does not have.
    static func findings(in file: SourceFile, table: [String: TargetImports] = table) -> [TidyFinding] {
        guard !exempt.contains(file.target) else { return [] }
        guard let allowed = table[file.target] else {
            return [file.finding(0, "the target \"\(file.target)\" is not in the table of imports")]
        }
        return imports(of: file).compactMap { index, module in
            if allowed.ours.contains(module) || allowed.others.contains(module) || module == "Swift" { return nil }
            return file.finding(index, "\(file.target) may not import \(module)")
        }
    }

    /// Each import with the index of its line; `import struct A.B` imports A.
    static func imports(of file: SourceFile) -> [(Int, String)] {
        file.code.enumerated().compactMap { index, line in
            guard line.holds("import ") else { return nil }
            let words = line.split { $0 == " " || $0 == ";" }
            guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
                words[..<at].allSatisfy({
                    $0.hasPrefix("@") || ["public", "internal", "package", "private", "fileprivate"].contains($0)
                })
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let named = kinds.contains(words[at + 1]) && at + 2 < words.count ? words[at + 2] : words[at + 1]
            return (index, String(named.prefix { $0 != "." }))
        }
    }

    /// What is wrong with the table itself: a domain module with a module of others, a floor that looks up.
    static func objections(to table: [String: TargetImports]) -> [String] {
        var objections: [String] = []
        for (target, imports) in table.sorted(by: { $0.key < $1.key }) {
            if domain.contains(target), !imports.others.isEmpty {
                objections.append("\(target) is domain, and imports others")
            }
            if domain.contains(target), !Set(imports.ours).isSubset(of: domain.union(["CCrypto", "CIsal"])) {
                objections.append("\(target) is domain, and knows more than domain")
            }
            if imports.others.contains("Foundation") { objections.append("\(target) imports all of Foundation") }
        }
        for target in ["Commands", "migratectl"] where reachable(from: target, in: table).contains("Engine") {
            objections.append("\(target) reaches Engine")
        }
        for target in table.keys.sorted() where reachable(from: target, in: table).contains(target) {
            objections.append("\(target) imports itself in a circle")
        }
        return objections
    }

    private static func reachable(from target: String, in table: [String: TargetImports]) -> Set<String> {
        var found: Set<String> = []
        var waiting = table[target]?.ours ?? []
        while let next = waiting.popLast() {
            if found.insert(next).inserted { waiting += table[next]?.ours ?? [] }
        }
        return found
    }
}
