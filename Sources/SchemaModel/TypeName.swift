/// The name of a type as PostgreSQL prints it: `character varying(20)`, `numeric(12,2)[]`.
struct TypeName {
    private let text: String
    private let parameters: [Int]?

    init(_ text: String) {
        self.text = text
        parameters =
            text.firstIndex(of: "(").flatMap { start in
                text[start...].firstIndex(of: ")").map { text[text.index(after: start)..<$0] }
            }?.split(separator: ",").compactMap { Int($0) }
    }

    /// The type without what restricts its values, so that a cast to it cuts nothing. A bit string's cannot be left out:
    /// that would be a single bit.
    var base: String {
        guard let start = text.firstIndex(of: "("), !text.contains("\""), !text.hasPrefix("bit(") else { return text }
        let end = text[start...].firstIndex(of: ")").map { text.index(after: $0) } ?? text.endIndex
        let name = String(text[..<start])
        return (name == "character" ? "bpchar" : name) + text[end...]
    }

    /// Whether its values stay as they are stored when they become another's, and none has to be looked at.
    func isKept(in wider: TypeName) -> Bool {
        guard !text.hasSuffix("[]"), !wider.text.hasSuffix("[]") else { return false }
        switch (base, wider.base) {
        case ("character varying", "text"), ("text", "character varying"): return wider.parameters == nil
        case ("character varying", "character varying"), ("bit varying", "bit varying"):
            guard let most = wider.parameters?.first else { return true }
            return parameters?.first.map { $0 <= most } ?? false
        case ("numeric", "numeric"):
            guard let new = wider.parameters else { return true }
            guard let old = parameters, old.count == 2, new.count == 2 else { return false }
            return old[1] == new[1] && old[0] <= new[0]
        default: return false
        }
    }
}
