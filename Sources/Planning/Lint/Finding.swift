public import Revisions
import SQLText

/// One thing that a check of revision files has found.
public struct Finding: Sendable, Hashable, Codable {
    /// Which one: the code of a fault, or of a rule. Stable: programs match on it.
    public var code: String
    /// What is wrong: lower case, no final stop.
    public var message: String
    /// What to do about it, as an imperative.
    public var hint: String?
    /// Where it stands.
    public var location: Failure.Location
    /// The revisions that are concerned together, where there are several.
    public var revisions: [RevisionID]

    public init(
        code: String, message: String, hint: String? = nil, location: Failure.Location, revisions: [RevisionID] = []
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.location = location
        self.revisions = revisions
    }

    /// A fault, for which the file or the whole directory cannot be used.
    public init(_ fault: RevisionError) {
        self.init(
            code: fault.code.rawValue, message: fault.message, hint: fault.hint,
            location: Failure.Location(
                path: fault.path ?? "", line: fault.position?.line, column: fault.position?.column),
            revisions: fault.candidates)
    }
}

extension Finding: CustomStringConvertible {
    /// `path:line:column: message [code]`, as compilers and editors have it.
    public var description: String { "\(location): \(message) [\(code)]" }

    /// The same of something that is only guessed.
    public var guess: String { "\(location): guess: \(message) [\(code)]" }
}

extension Finding: Comparable {
    /// By file, then by place in the file.
    public static func < (left: Finding, right: Finding) -> Bool {
        let leftPlace = (left.location.path, left.location.line ?? 0, left.location.column ?? 0, left.code)
        let rightPlace = (right.location.path, right.location.line ?? 0, right.location.column ?? 0, right.code)
        return leftPlace < rightPlace
    }
}
