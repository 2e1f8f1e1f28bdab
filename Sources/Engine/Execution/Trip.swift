import PostgresClient
import Revisions
import SQLText

/// What the worker sends, in order: whole transactions of revisions, each command with what it is for, so that what goes
/// wrong is told as what it is. All of it goes in one message, up to a COPY, which libpq cannot send with others.
struct Trip {
    typealias Work = Executor.Work

    /// What a command is for.
    enum Purpose {
        case begin
        /// A statement of the revision, which is its nth of so many.
        case statement(Statement, number: Int, of: Int)
        /// Ends the revision's part of the transaction.
        case leave
        /// Our own record of it.
        case record
        case commit
    }

    enum Command {
        case batched(BatchCommand)
        case copy(String, data: [UInt8]?)
    }

    struct Entry {
        var work: Work
        var purpose: Purpose
        var command: Command
    }

    private(set) var entries: [Entry] = []

    mutating func add(_ purpose: Purpose, _ query: Query, _ work: Work) {
        entries.append(Entry(work: work, purpose: purpose, command: .batched(.query(query))))
    }

    mutating func add(_ purpose: Purpose, _ commands: [String], _ work: Work) {
        for command in commands { add(purpose, Query(raw: command), work) }
    }

    /// Adds a statement of a revision: alone in its message, so that no splitting error can smuggle in a second.
    mutating func add(statement index: Int, of work: Work) {
        let statement = work.section.statements[index]
        entries.append(
            Entry(
                work: work,
                purpose: .statement(statement, number: index + 1, of: work.section.statements.count),
                command: statement.isCopy
                    ? .copy(statement.text, data: statement.copyData) : .batched(.execute(statement.text))))
    }

    /// Adds the COMMIT, whose answer is asked for at once.
    mutating func addCommit(of work: Work) {
        entries.append(Entry(work: work, purpose: .commit, command: .batched(.execute("COMMIT"))))
    }

    /// The entries that go together: all up to the next COPY, or one COPY.
    func group(from start: Int) -> Range<Int> {
        if case .copy = entries[start].command { return start..<start + 1 }
        let end = entries[start...].firstIndex { if case .copy = $0.command { true } else { false } }
        return start..<(end ?? entries.count)
    }
}

extension Statement {
    /// Whether data travels with the statement, in either direction.
    var isCopy: Bool { kind.verb.hasPrefix("COPY") }
}
