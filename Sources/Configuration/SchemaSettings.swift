public import Planning
public import SchemaModel

/// The section `[database.NAME.schema]`: the schema that is meant, and what of it is compared.
public struct SchemaSettings: Sendable, Equatable {
    /// Where the schema that is meant comes from.
    public enum Desired: Sendable, Equatable {
        /// Files of SQL, or directories of them.
        case files([String])
        /// What a program prints.
        case command([String])
        /// Another database.
        case database(ConnectionURL)
    }

    /// The schema that is meant, where it is said.
    public var desired: Desired?
    /// What is compared.
    public var selection = SchemaSelection()
    /// Roles that the schema speaks of.
    public var roles: [String] = []

    /// The section with its defaults where nothing is said.
    public init() {}
}

/// The section `[database.NAME.drift]`: what is looked at between upgrades.
public struct DriftSettings: Sendable, Equatable {
    /// What becomes of upgrades.
    public var policy = DriftPolicy.tell
    /// How often the daemon looks; nil for when it is asked only.
    public var interval: Duration? = .seconds(3600)

    /// The section with its defaults where nothing is said.
    public init() {}
}

/// Judges `[database.NAME.schema]` and `[database.NAME.drift]`.
struct SchemaSectionJudge {
    let objection: (ConnectionURL) -> String?

    func judge(_ section: SectionReader) -> SchemaSettings {
        var schema = SchemaSettings()
        let sources = ["files", "command", "url"].filter(section.has)
        if sources.count > 1 {
            section.report(sources[1], "this and \(sources[0]) exclude each other", hint: "keep one of them")
        }
        if let files = section.paths("files") { schema.desired = .files(files) }
        if let command = section.texts("command", element: "a word") {
            schema.desired = .command(command.count == 1 ? ["/bin/sh", "-c"] + command : command)
        }
        if let text = section.text("url") {
            let url = ConnectionURL(text)
            if let problem = objection(url) { section.report("url", problem) }
            schema.desired = .database(url)
        }
        schema.roles = section.texts("roles", element: "a role") ?? []
        schema.selection.schemas = section.texts("schemas", element: "a schema") ?? []
        schema.selection.ignored = section.texts("ignore", element: "a name") ?? []
        for name in section.texts("ignore_kinds", element: "a kind") ?? [] {
            guard let kind = ObjectKind(rawValue: name) else {
                section.report(
                    "ignore_kinds", "\"\(name)\" is no kind of object",
                    hint: SectionReader.choiceHint(ObjectKind.allCases.map(\.rawValue), for: name))
                continue
            }
            schema.selection.ignoredKinds.insert(kind)
        }
        return schema
    }

    func judgeDrift(_ section: SectionReader) -> DriftSettings {
        var drift = DriftSettings()
        drift.policy = section.choice("policy", of: DriftPolicy.self) ?? drift.policy
        if let interval = section.duration("interval", in: .zero...(.seconds(86_400 * 7))) {
            drift.interval = interval == .zero ? nil : interval
        }
        return drift
    }
}
