/// Qualified names in PostgreSQL's spelling.
enum Name {
    /// `orders` of `public.orders`.
    static func last(of name: String) -> String {
        guard name.hasSuffix("\"") else { return String(name.split(separator: ".").last ?? "") }
        var start = name.startIndex
        var isQuoted = false
        for index in name.indices {
            if name[index] == "\"" { isQuoted.toggle() }
            if name[index] == ".", !isQuoted { start = name.index(after: index) }
        }
        return String(name[start...])
    }

    /// `public` of `public.orders`.
    static func schema(of name: String) -> String { String(name.dropLast(last(of: name).count + 1)) }

    /// The name with something behind it, inside of its quotes.
    static func suffixed(_ name: String, _ suffix: String) -> String {
        name.hasSuffix("\"") ? name.dropLast() + suffix + "\"" : name + suffix
    }
}
