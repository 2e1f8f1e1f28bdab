/// What a person names on the command line: a place in the graph.
///
/// | written | means |
/// |---|---|
/// | `ae1027a6acf`, `ae10` | that revision, or the one whose id or label begins so |
/// | `head`, `heads`, `base` | the only head, all heads, nothing applied |
/// | `billing` | the revision that carries the label |
/// | `X@head`, `X@base`, `X@Y` | the same, within the lineage of the label or revision X |
/// | `+2`, `-1` | from what is applied |
/// | `X+2`, `X-1`, `B@X+2` | from the revision X (within B) |
/// | `B@+2`, `B@-1` | from what is applied of the lineage of B |
public struct RevisionTarget: Sendable, Hashable {
    /// The target as it was written.
    public let text: String
    /// What stands before the `@`.
    let branch: String?
    /// What stands after it, without the steps.
    let symbol: String?
    /// How many steps to go from there, upward if positive; nil when the target is absolute.
    let steps: Int?

    /// Reads a target. Whether the revision exists is the graph's to say.
    public init(parsing text: String) throws(RevisionError) {
        guard !text.isEmpty else {
            throw RevisionError(
                .illegalTarget, "cannot read the target \"\": it is empty", hint: "name a revision, or head")
        }
        guard !text.contains(":") else {
            throw RevisionError(
                .rangeNotAllowed, "cannot use \"\(text)\" here: a range of revisions is only understood with --sql",
                hint: "name the revision to go to, without a colon")
        }
        self.init(text)
    }

    /// For texts without a colon.
    init(_ text: String) {
        self.text = text
        var rest = Substring(text)
        if let at = rest.lastIndex(of: "@"), at > rest.startIndex,
            let relative = Self.splitRelative(rest[rest.index(after: at)...])
        {
            branch = String(rest[..<at])
            (symbol, steps) = relative
            return
        }
        if let relative = Self.splitRelative(rest) {
            branch = nil
            (symbol, steps) = relative
            return
        }
        steps = nil
        if let at = rest.firstIndex(of: "@") {
            branch = at == rest.startIndex ? nil : String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            branch = nil
        }
        symbol = String(rest)
    }

    /// Whether this is `+N`: steps up from what is applied, whatever that is.
    var isBareStepUp: Bool { branch == nil && symbol == nil && (steps ?? 0) > 0 }

    /// Splits `X+2` or `-1` into symbol and steps; nil when the text is not of that form.
    private static func splitRelative(_ text: Substring) -> (symbol: String?, steps: Int)? {
        guard let sign = text.firstIndex(where: { $0 == "+" || $0 == "-" }) else { return nil }
        let digits = text[text.index(after: sign)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let count = Int(digits), !text[..<sign].contains("@")
        else { return nil }
        return (sign == text.startIndex ? nil : String(text[..<sign]), text[sign] == "-" ? -count : count)
    }
}

extension RevisionTarget: CustomStringConvertible {
    public var description: String { text }
}

/// Two targets with a colon between them, either of which may be left out: `a:b`, `:b`, `a:`.
public struct RevisionRange: Sendable, Hashable, CustomStringConvertible {
    /// The range as it was written.
    public let text: String
    /// What stands before the colon, if anything does.
    public let start: RevisionTarget?
    /// What stands after it, if anything does.
    public let end: RevisionTarget?

    /// Reads a range; exactly one colon is needed.
    public init(parsing text: String) throws(RevisionError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw RevisionError(
                .rangeRequired, "cannot read \"\(text)\" as a range: it needs exactly one colon",
                hint: "write FROM:TO, FROM: or :TO")
        }
        self.text = text
        start = parts[0].isEmpty ? nil : RevisionTarget(String(parts[0]))
        end = parts[1].isEmpty ? nil : RevisionTarget(String(parts[1]))
    }

    public var description: String { text }
}
