public import SQLText

/// One thing that is wrong with a revision file, with the graph, or with what was asked of the graph.
public struct RevisionError: Error, Sendable, Equatable {
    /// Every kind of error that this module knows. Raw values are stable: programs match them.
    public enum Code: String, Sendable, Codable, CaseIterable {
        // Targets
        case ambiguousCurrent = "ambiguous_current"
        case ambiguousPrefix = "ambiguous_prefix"
        case ambiguousWalk = "ambiguous_walk"
        case illegalTarget = "illegal_target"
        case multipleHeads = "multiple_heads"
        case noSuchBranch = "no_such_branch"
        case noSuchRevision = "no_such_revision"
        case notAncestor = "not_ancestor"
        case notAtHead = "not_at_head"
        case notInBranch = "not_in_branch"
        case overlappingTargets = "overlapping_targets"
        case purgeWithSQL = "purge_with_sql"
        case rangeNotAllowed = "range_not_allowed"
        case rangeRequired = "range_required"
        case relativeOutOfRange = "relative_out_of_range"
        case singleStartRequired = "single_start_required"
        // New revisions
        case labelExists = "label_exists"
        case notAHead = "not_a_head"
        // The graph
        case cycle
        case dependencyCycle = "dependency_cycle"
        case dependencySelfLoop = "dependency_self_loop"
        case duplicateLabel = "duplicate_label"
        case duplicateRevision = "duplicate_revision"
        case illegalID = "illegal_id"
        case illegalLabel = "illegal_label"
        case missingRevision = "missing_revision"
        case selfLoop = "self_loop"
        // Files
        case duplicateKey = "duplicate_key"
        case duplicateSection = "duplicate_section"
        case illegalEncoding = "illegal_encoding"
        case illegalHeader = "illegal_header"
        case illegalStatement = "illegal_statement"
        case illegalValue = "illegal_value"
        case missingKey = "missing_key"
        case missingSection = "missing_section"
        case outsideSection = "outside_section"
        case refusedInTransaction = "refused_in_transaction"
        case syntax
        case unknownFormat = "unknown_format"
        case unknownKey = "unknown_key"
    }

    public var code: Code
    /// What cannot be done and why, in lower case and without a final stop.
    public var message: String
    /// The file concerned, if it is about a file.
    public var path: String?
    /// Where in that file.
    public var position: SourcePosition?
    /// What the person can do about it.
    public var hint: String?
    /// The revisions between which the person has to choose, or which are concerned together.
    public var candidates: [RevisionID]

    public init(
        _ code: Code, _ message: String, path: String? = nil, position: SourcePosition? = nil, hint: String? = nil,
        candidates: [RevisionID] = []
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.position = position
        self.hint = hint
        self.candidates = candidates
    }
}

extension RevisionError: CustomStringConvertible {
    /// `path:line:column: message`, as much of it as is known.
    public var description: String {
        guard let path else { return message }
        guard let position else { return "\(path): \(message)" }
        return "\(path):\(position.line):\(position.column): \(message)"
    }
}

extension RevisionError: Comparable {
    /// By file, then by place in the file: the order in which people mend things.
    public static func < (left: RevisionError, right: RevisionError) -> Bool {
        let leftPlace = (left.path ?? "", left.position?.line ?? 0, left.position?.column ?? 0)
        let rightPlace = (right.path ?? "", right.position?.line ?? 0, right.position?.column ?? 0)
        return leftPlace < rightPlace
    }
}

/// Everything that is wrong at once, sorted by file and place; never empty.
public struct RevisionProblems: Error, Sendable, Equatable, CustomStringConvertible {
    public var problems: [RevisionError]

    public init(_ problems: [RevisionError]) {
        self.problems = problems.sorted()
    }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
