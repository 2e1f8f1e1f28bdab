import PostgresClient
import SQLText

/// What the worker sends for one transaction, in order; each command with what it is for, so that what goes wrong is told
/// as what it is. All of it goes in one message, up to a COPY, which libpq cannot send with others.
struct Trip {
    /// What a command is for.
    enum Purpose {
        /// Commits the revision before.
        case commit
        case begin
        /// A statement of the revision, which is its nth of so many.
        case statement(Statement, number: Int, of: Int)
        /// Ends the revision's part of the transaction.
        case leave
        /// Our own record of it.
        case record
    }

    enum Command {
        case batched(BatchCommand)
        case copy(String, data: [UInt8]?)
    }

    struct Entry {
        var purpose: Purpose
        var command: Command
    }

    private(set) var entries: [Entry] = []

    mutating func add(_ purpose: Purpose, _ query: Query) {
        entries.append(Entry(purpose: purpose, command: .batched(.query(query))))
    }

    /// Adds a statement of a revision: alone in its message, so that no splitting error can smuggle in a second.
    mutating func add(_ statement: Statement, number: Int, of count: Int) {
        let isCopy = statement.kind.verb.hasPrefix("COPY")
        entries.append(
            Entry(
                purpose: .statement(statement, number: number, of: count),
                command: isCopy
                    ? .copy(statement.text, data: statement.copyData) : .batched(.execute(statement.text))))
    }

    /// The entries that go together: all up to the next COPY, or one COPY.
    func group(from start: Int) -> Range<Int> {
        if case .copy = entries[start].command { return start..<start + 1 }
        let end = entries[start...].firstIndex { if case .copy = $0.command { true } else { false } }
        return start..<(end ?? entries.count)
    }
}
