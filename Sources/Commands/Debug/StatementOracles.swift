import Control
import SQLText

/// Answers what the statements of a text are: `{"id", "sql"}` in, `{"id", "statements": [{"sql", "line", "copy_data"?}]}` out.
enum SplitOracle {
    private struct Answer: Encodable {
        struct Part: Encodable {
            var sql: String
            var line: Int
            var copyData: String?

            enum CodingKeys: String, CodingKey {
                case sql, line
                case copyData = "copy_data"
            }
        }

        var id: OracleID?
        var statements: [Part]
    }

    static func answer(line: String) -> String {
        OracleLine.answer(line) { question in
            Answer(
                id: question.id,
                statements: try StatementSplitter.split(question.sql).map { statement in
                    Answer.Part(
                        sql: statement.text, line: statement.position.line,
                        copyData: statement.copyData.map { String(decoding: $0, as: UTF8.self) })
                })
        }
    }
}

/// Answers what one statement does, from its text alone: `{"id", "sql"}` in, `{"id", "refused_in_transaction", "lock"?,
/// "rewrites"?}` out.
enum ClassifyOracle {
    private struct Answer: Encodable {
        var id: OracleID?
        var verb: String
        var refusedInTransaction: Truth
        var lock: String?
        var rewrites: Truth?
        var prohibition: String?

        enum CodingKeys: String, CodingKey {
            case id, verb, lock, rewrites, prohibition
            case refusedInTransaction = "refused_in_transaction"
        }
    }

    /// `true`, `false` or `"unknown"`.
    private struct Truth: Encodable {
        var answer: Ternary

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch answer {
            case .yes: try container.encode(true)
            case .no: try container.encode(false)
            case .unknown: try container.encode("unknown")
            }
        }
    }

    static func answer(line: String) -> String {
        OracleLine.answer(line) { question in
            let kind = try StatementKind(of: question.sql)
            return Answer(
                id: question.id, verb: kind.verb, refusedInTransaction: Truth(answer: kind.refusedInTransaction),
                lock: kind.lock?.modeName, rewrites: kind.rewrites.map { Truth(answer: $0) },
                prohibition: kind.prohibition.map { "\($0)" })
        }
    }
}

/// The id of a question, carried over as it is.
enum OracleID: Codable {
    case text(String)
    case number(Int64)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        }
    }
}

/// One question about a text of SQL and its answer, the id carried over.
enum OracleLine {
    struct Question: Decodable {
        var id: OracleID?
        var sql: String
    }

    private struct Refusal: Encodable {
        var id: OracleID?
        var error: String
        var message: String
        var line: Int?
        var column: Int?
    }

    static func answer(_ line: String, _ judge: (Question) throws -> some Encodable) -> String {
        var id: OracleID?
        do {
            let question = try JSONText.decode(Question.self, from: line)
            id = question.id
            return try JSONText.encode(judge(question))
        } catch let error as SQLTextError {
            return refuse(
                Refusal(
                    id: id, error: "syntax", message: error.message, line: error.position.line,
                    column: error.position.column))
        } catch {
            return refuse(Refusal(id: id, error: "illegal_question", message: "cannot read the question: \(error)"))
        }
    }

    private static func refuse(_ refusal: Refusal) -> String {
        (try? JSONText.encode(refusal)) ?? "{\"error\":\"illegal_answer\"}"
    }
}
