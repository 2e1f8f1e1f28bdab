import SQLText
import Varlink

/// Answers what the statements of a text are: `{"id", "sql"}` in, `{"id", "statements": [{"sql", "line", "copy_data"?}]}` out.
enum SplitOracle {
    static func answer(line: String) -> String {
        OracleLine.answer(line) { sql in
            let statements = try StatementSplitter.split(sql).map { statement -> JSONValue in
                var members: [String: JSONValue] = [
                    "sql": .string(statement.text), "line": .int(Int64(statement.position.line)),
                ]
                if let data = statement.copyData {
                    members["copy_data"] = .string(String(decoding: data, as: UTF8.self))
                }
                return .object(members)
            }
            return ["statements": .array(statements)]
        }
    }
}

/// Answers what one statement does, from its text alone: `{"id", "sql"}` in, `{"id", "refused_in_transaction", "lock"?,
/// "rewrites"?}` out.
enum ClassifyOracle {
    static func answer(line: String) -> String {
        OracleLine.answer(line) { sql in
            let kind = try StatementKind(of: sql)
            var members: [String: JSONValue] = [
                "verb": .string(kind.verb), "refused_in_transaction": value(kind.refusedInTransaction),
            ]
            if let lock = kind.lock { members["lock"] = .string(lock.modeName) }
            if let rewrites = kind.rewrites { members["rewrites"] = value(rewrites) }
            if let prohibition = kind.prohibition { members["prohibition"] = .string("\(prohibition)") }
            return members
        }
    }

    private static func value(_ answer: Ternary) -> JSONValue {
        switch answer {
        case .yes: .bool(true)
        case .no: .bool(false)
        case .unknown: .string("unknown")
        }
    }
}

/// One question about a text of SQL and its answer, the id carried over.
enum OracleLine {
    static func answer(_ line: String, _ judge: (String) throws -> [String: JSONValue]) -> String {
        var members: [String: JSONValue] = [:]
        do {
            let question = try JSONValue(parsing: line.utf8)
            members["id"] = question["id"]
            guard let sql = question["sql"]?.stringValue else {
                members["error"] = .string("illegal_question")
                members["message"] = .string("cannot read the question: it has no \"sql\"")
                return text(members)
            }
            members.merge(try judge(sql)) { _, new in new }
        } catch let error as SQLTextError {
            members["error"] = .string("syntax")
            members["message"] = .string(error.message)
            members["line"] = .int(Int64(error.position.line))
            members["column"] = .int(Int64(error.position.column))
        } catch {
            members["error"] = .string("illegal_question")
            members["message"] = .string("cannot read the question: \(error)")
        }
        return text(members)
    }

    private static func text(_ members: [String: JSONValue]) -> String {
        guard let bytes = try? JSONValue.object(members).serialized() else { return "{\"error\":\"illegal_answer\"}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
