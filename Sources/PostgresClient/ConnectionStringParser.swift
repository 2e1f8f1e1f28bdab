/// Reads the three forms of connection strings into libpq's keywords.
///
/// libpq has a parser of its own, but its errors quote what they stumble over, which may be a part of a password, and it
/// does not know SQLAlchemy's URLs.
struct ConnectionStringParser {
    private let text: String
    private var values: [String: String] = [:]
    /// The URL names a driver (`postgresql+asyncpg`): SQLAlchemy's rules hold.
    private var hasDriver = false

    init(_ text: String) {
        self.text = text.trimmingSpaces()
    }

    mutating func parse() throws(ConnectionStringError) -> [String: String] {
        guard !text.isEmpty else { throw ConnectionStringError("it is empty") }
        guard !text.utf8.contains(0) else { throw ConnectionStringError("it holds a NUL character") }
        if let mark = text.firstRange(of: "://"), text[..<mark.lowerBound].allSatisfy(\.isSchemeCharacter) {
            try readScheme(text[..<mark.lowerBound])
            try readURL(text[mark.upperBound...])
        } else if text.contains("=") {
            try readKeywords()
        } else {
            throw ConnectionStringError("it is neither a URL (postgresql://…) nor a list of keyword=value")
        }
        return values.filter { !$0.value.isEmpty }
    }

    // MARK: URLs

    private mutating func readScheme(_ scheme: Substring) throws(ConnectionStringError) {
        let parts = scheme.lowercased().split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0] == "postgresql" || parts[0] == "postgres" else {
            throw ConnectionStringError("the URL's scheme is not \"postgresql\"")
        }
        hasDriver = parts.count == 2
    }

    private mutating func readURL(_ url: Substring) throws(ConnectionStringError) {
        var rest = url
        if let at = userInfoEnd(in: rest) {
            try readUserInfo(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        let hostsEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        try readHosts(rest[..<hostsEnd])
        rest = rest[hostsEnd...]
        if rest.first == "/" {
            let databaseEnd = rest.firstIndex(of: "?") ?? rest.endIndex
            values["dbname"] = try decoded(rest[..<databaseEnd].dropFirst())
            rest = rest[databaseEnd...]
        }
        if rest.first == "?" {
            try readQuery(rest.dropFirst())
        }
    }

    /// Where user and password end. libpq: at the first `@` if no `/` comes before it. SQLAlchemy lets a password hold `/`.
    private func userInfoEnd(in rest: Substring) -> Substring.Index? {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard hasDriver else { return rest[..<slash].firstIndex(of: "@") }
        if let colon = rest[..<slash].firstIndex(of: ":"), let at = rest[colon...].firstIndex(of: "@") {
            let query = rest.firstIndex(of: "?") ?? rest.endIndex
            // user:password@…, but not host:port/database?…@…
            if at < query || at < slash { return at }
        }
        return rest[..<slash].lastIndex(of: "@")
    }

    private mutating func readUserInfo(_ info: Substring) throws(ConnectionStringError) {
        let colon = info.firstIndex(of: ":") ?? info.endIndex
        values["user"] = try decoded(info[..<colon])
        if colon < info.endIndex {
            values["password"] = try decoded(info[info.index(after: colon)...])
        }
    }

    private mutating func readHosts(_ hosts: Substring) throws(ConnectionStringError) {
        guard !hosts.isEmpty else { return }
        var names: [String] = []
        var ports: [String] = []
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            let (name, port) = try splitHost(host)
            names.append(try decoded(name))
            ports.append(try checkedPort(try decoded(port)))
        }
        setHosts(names, ports)
    }

    private mutating func setHosts(_ names: [String], _ ports: [String]) {
        values["host"] = names.allSatisfy(\.isEmpty) ? nil : names.joined(separator: ",")
        guard !ports.allSatisfy(\.isEmpty) else { return }
        let oneForAll = Set(ports).count == 1
        values["port"] = oneForAll ? ports[0] : ports.joined(separator: ",")
    }

    private func splitHost(
        _ host: Substring
    ) throws(ConnectionStringError) -> (name: Substring, port: Substring) {
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else {
                throw ConnectionStringError("the IPv6 address has no closing bracket")
            }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else {
                throw ConnectionStringError("something unexpected follows the IPv6 address")
            }
            return (host[host.index(after: host.startIndex)..<end], rest.dropFirst())
        }
        guard let colon = host.firstIndex(of: ":") else { return (host, "") }
        return (host[..<colon], host[host.index(after: colon)...])
    }

    private func checkedPort(_ port: String) throws(ConnectionStringError) -> String {
        if port.isEmpty { return port }
        guard port.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int(port),
            (1...65535).contains(number)
        else {
            throw ConnectionStringError(
                "the port is not a number from 1 to 65535 (special characters in a password must be %-escaped)")
        }
        return port
    }

    // MARK: The query of a URL

    private mutating func readQuery(_ query: Substring) throws(ConnectionStringError) {
        var hosts: [String] = []
        // An "@" here may mean that a password with a raw "?" was torn apart: then nothing is quoted.
        let mayQuote = !query.contains("@")
        for pair in query.split(separator: "&", omittingEmptySubsequences: true) {
            guard let equals = pair.firstIndex(of: "=") else {
                throw ConnectionStringError("a parameter after the \"?\" has no \"=\"")
            }
            let keyword = try decoded(pair[..<equals])
            var value = pair[pair.index(after: equals)...]
            if hasDriver { value = Substring(value.replacing("+", with: " ")) }
            let plain = try decoded(value)
            if hasDriver, keyword == "host" {
                hosts.append(plain)
            } else {
                try set(keyword, plain, mayQuote: mayQuote)
            }
        }
        if !hosts.isEmpty { try setQueryHosts(hosts) }
    }

    /// SQLAlchemy's `?host=one:5432&host=two:5433`.
    private mutating func setQueryHosts(_ hosts: [String]) throws(ConnectionStringError) {
        var names: [String] = []
        var ports: [String] = []
        for host in hosts {
            if host.hasPrefix("/") {
                names.append(host)
                ports.append("")
                continue
            }
            let (name, port) = try splitHost(host[...])
            names.append(String(name))
            ports.append(try checkedPort(String(port)))
        }
        setHosts(names, ports)
    }

    private mutating func set(
        _ keyword: String, _ value: String, mayQuote: Bool
    ) throws(ConnectionStringError) {
        if keyword == "ssl" {
            values["sslmode"] = value.lowercased() == "true" ? "require" : value
            return
        }
        if hasDriver {
            if Self.driverOnlyKeywords.contains(keyword) { return }
            if let known = Self.driverKeywords[keyword] {
                values[known] = value
                return
            }
        }
        guard Self.knownKeywords.contains(keyword) else {
            throw ConnectionStringError(mayQuote ? "unknown parameter \"\(keyword)\"" : "a parameter is not known")
        }
        values[keyword] = keyword == "port" ? try checkedPorts(value) : value
    }

    private func checkedPorts(_ ports: String) throws(ConnectionStringError) -> String {
        for port in ports.split(separator: ",") {
            _ = try checkedPort(String(port))
        }
        return ports
    }

    private func decoded(_ part: Substring) throws(ConnectionStringError) -> String {
        var bytes: [UInt8] = []
        var rest = part.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else {
                throw ConnectionStringError("a \"%\" is not followed by two hexadecimal digits (write %25 for \"%\")")
            }
            guard value != 0 else { throw ConnectionStringError("%00 is not allowed") }
            bytes.append(value)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConnectionStringError("a %-escape is not UTF-8")
        }
        return text
    }

    // MARK: keyword=value

    private mutating func readKeywords() throws(ConnectionStringError) {
        var rest = text[...]
        while true {
            rest = rest.drop { $0.isWhitespace }
            guard !rest.isEmpty else { return }
            let keyword = String(rest.prefix { $0 != "=" && !$0.isWhitespace })
            rest = rest.dropFirst(keyword.count).drop { $0.isWhitespace }
            guard rest.popFirst() == "=" else {
                throw ConnectionStringError("a keyword has no \"=\" (write values with spaces in '…')")
            }
            rest = rest.drop { $0.isWhitespace }
            let value = try keywordValue(&rest)
            // What follows a password with a space in it may be the rest of the password.
            try set(keyword, value, mayQuote: values["password"] == nil)
        }
    }

    private func keywordValue(_ rest: inout Substring) throws(ConnectionStringError) -> String {
        var value = ""
        let isQuoted = rest.first == "'"
        if isQuoted { rest.removeFirst() }
        while let character = rest.first, isQuoted || !character.isWhitespace {
            rest.removeFirst()
            if isQuoted, character == "'" { return value }
            guard character == "\\" else {
                value.append(character)
                continue
            }
            if let escaped = rest.popFirst() { value.append(escaped) }
        }
        if isQuoted { throw ConnectionStringError("a quoted value has no closing quote") }
        return value
    }
}

extension ConnectionStringParser {
    /// What libpq 15 to 18 knows.
    static let knownKeywords: Set<String> = [
        "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "require_auth", "channel_binding",
        "connect_timeout", "client_encoding", "options", "application_name", "fallback_application_name", "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "gssencmode",
        "sslmode", "requiressl", "sslcompression", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl",
        "sslcrldir", "sslsni", "sslcertmode", "sslnegotiation", "requirepeer", "ssl_min_protocol_version",
        "ssl_max_protocol_version", "krbsrvname", "gsslib", "gssdelegation", "service", "target_session_attrs",
        "load_balance_hosts",
    ]

    /// What Python's drivers call things that libpq knows by another name.
    static let driverKeywords = ["database": "dbname", "timeout": "connect_timeout"]

    /// What only means something to Python's drivers.
    static let driverOnlyKeywords: Set<String> = [
        "command_timeout", "statement_cache_size", "max_cached_statement_lifetime", "max_cacheable_statement_size",
        "prepared_statement_cache_size", "prepared_statement_name_func", "prepare_threshold", "async_fallback",
        "server_settings", "direct_tls", "executemany_mode", "executemany_batch_page_size", "autocommit",
    ]
}

extension Character {
    fileprivate var isSchemeCharacter: Bool {
        isASCII && (isLetter || isNumber || self == "+" || self == "-" || self == "." || self == "_")
    }
}
