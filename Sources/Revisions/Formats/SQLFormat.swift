internal import Digest
internal import SQLText

/// SQL files: a header of comments, then a section for each direction.
///
/// ```sql
/// -- revision: 002_add_status
/// -- down_revision: 001_initial_schema
/// -- description: add status to sessions
///
/// -- migrated: upgrade
/// ALTER TABLE sessions ADD COLUMN status text;
///
/// -- migrated: downgrade
/// ALTER TABLE sessions DROP COLUMN status;
/// ```
///
/// A line that begins with `-- migrated:` begins a section wherever it stands, so that nobody has to know SQL to see
/// where a section ends. Only `-- migrated: unfinished: WHY` does not: it keeps the section that it stands in from running.
public struct SQLFormat: RevisionFormat {
    public init() {}

    public var name: String { "sql" }

    public func recognises(path: String) -> Bool {
        let file = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path[...]
        return file.hasSuffix(".sql") && !file.hasPrefix(".")
    }

    public func read(_ file: RevisionFile) -> RevisionReading { read(file, onlyHeader: false) }

    public func readHeader(_ file: RevisionFile) -> RevisionReading { read(file, onlyHeader: true) }

    private func read(_ file: RevisionFile, onlyHeader: Bool) -> RevisionReading {
        let source = SourceText(bytes: file.bytes)
        if let position = source.firstIllegalByte() {
            let problem = RevisionError(
                .illegalEncoding, "cannot read the file: here is a byte that is not UTF-8 text", path: file.path,
                position: position, hint: "save the file as UTF-8")
            return RevisionReading(revision: nil, header: nil, problems: [problem])
        }
        var reading = SQLFileReading(source: source, path: file.path)
        return onlyHeader ? reading.readHeader() : reading.run()
    }
}

/// A file while it is being read.
private struct SQLFileReading {
    private struct Part {
        var direction: Direction
        var body: Range<Int>
        var start: SourcePosition
        var unfinished: Revision.Unfinished?
    }

    private let source: SourceText
    private let path: String
    private var header: HeaderReader
    private var parts: [Part] = []
    private var problems: [RevisionError] = []
    private var hasSections = false

    init(source: SourceText, path: String) {
        self.source = source
        self.path = path
        header = HeaderReader(source: source, path: path)
    }

    mutating func readHeader() -> RevisionReading {
        var number = 1
        var offset = beginning
        while let line = source.line(number: number, at: offset), sectionName(of: line) == nil {
            if !isRemark(line) { header.take(line) }
            offset = line.next
            number += 1
        }
        let parsed = header.finish()
        return RevisionReading(
            revision: nil, header: parsed, headerPositions: header.positions, problems: header.problems)
    }

    mutating func run() -> RevisionReading {
        divide()
        let parsed = header.finish()
        problems += header.problems
        let described = parsed ?? RevisionHeader(id: "")
        var sections: [Direction: Revision.Section] = [:]
        for part in parts { sections[part.direction] = readSection(part, described) }
        if !parts.contains(where: { $0.direction == .upgrade }) {
            problems.append(
                RevisionError(
                    .missingSection, "cannot read the file: it has no section \"-- migrated: upgrade\"", path: path,
                    position: .start, hint: "write \"-- migrated: upgrade\" above the statements"))
        }
        guard let parsed, let upgrade = sections[.upgrade], problems.isEmpty else {
            return RevisionReading(
                revision: nil, header: parsed, headerPositions: header.positions, problems: problems)
        }
        let revision = Revision(
            id: parsed.id, downRevisions: parsed.downRevisions, dependsOn: parsed.dependsOn,
            branchLabels: parsed.branchLabels, isTransactional: parsed.isTransactional,
            description: parsed.description, created: parsed.created, path: path, headerPositions: header.positions,
            upgrade: upgrade, downgrade: sections[.downgrade], source: source.bytes,
            sourceDigest: SHA256Digest.of(source.bytes))
        return RevisionReading(
            revision: revision, header: parsed, headerPositions: header.positions, problems: [])
    }

    // MARK: - Dividing

    /// Where the text begins: behind a byte order mark.
    private var beginning: Int { source.has("\u{FEFF}", at: 0, before: source.bytes.count) ? 3 : 0 }

    /// Gives the header its lines and finds where the sections begin and end.
    private mutating func divide() {
        var number = 1
        var offset = beginning
        while let line = source.line(number: number, at: offset) {
            defer {
                offset = line.next
                number += 1
            }
            if let name = sectionName(of: line) {
                if markUnfinished(name, line) { continue }
                endPart(at: offset)
                beginPart(name, line)
                hasSections = true
            } else if !hasSections, !isRemark(line) {
                header.take(line)
            }
        }
        endPart(at: source.bytes.count)
    }

    /// What stands behind `-- migrated:` at the beginning of the line.
    private func sectionName(of line: SourceLine) -> Range<Int>? {
        guard source.has("--", at: line.range.lowerBound, before: line.range.upperBound) else { return nil }
        let comment = source.trimmed(line.range.lowerBound + 2..<line.range.upperBound)
        guard source.has("migrated:", at: comment.lowerBound, before: comment.upperBound) else { return nil }
        let name = source.trimmed(comment.lowerBound + 9..<comment.upperBound)
        return isIgnore(name) ? nil : name
    }

    /// Whether the line is a remark to the rules for reviewers.
    private func isRemark(_ line: SourceLine) -> Bool {
        guard source.has("--", at: line.range.lowerBound, before: line.range.upperBound) else { return false }
        let comment = source.trimmed(line.range.lowerBound + 2..<line.range.upperBound)
        guard source.has("migrated:", at: comment.lowerBound, before: comment.upperBound) else { return false }
        return isIgnore(source.trimmed(comment.lowerBound + 9..<comment.upperBound))
    }

    private func isIgnore(_ name: Range<Int>) -> Bool {
        source.has("ignore ", at: name.lowerBound, before: name.upperBound)
    }

    /// Takes a line that says that something is missing from the section that it stands in; the first one counts.
    private mutating func markUnfinished(_ name: Range<Int>, _ line: SourceLine) -> Bool {
        guard let last = parts.indices.last, source.has("unfinished", at: name.lowerBound, before: name.upperBound)
        else { return false }
        var reason = source.trimmed(name.lowerBound + 10..<name.upperBound)
        if source.has(":", at: reason.lowerBound, before: reason.upperBound) {
            reason = source.trimmed(reason.lowerBound + 1..<reason.upperBound)
        }
        if parts[last].unfinished == nil {
            parts[last].unfinished = Revision.Unfinished(
                reason: source.text(reason), position: source.position(of: line.range.lowerBound, in: line))
        }
        return true
    }

    private mutating func endPart(at offset: Int) {
        guard let last = parts.indices.last, parts[last].body.isEmpty else { return }
        parts[last].body = parts[last].body.lowerBound..<max(offset, parts[last].body.lowerBound)
    }

    private mutating func beginPart(_ nameRange: Range<Int>, _ line: SourceLine) {
        let name = source.text(nameRange)
        let position = source.position(of: nameRange.lowerBound, in: line)
        guard let direction = Direction(rawValue: name) else {
            let nearest = Spelling.nearest(to: name, among: Direction.allCases.map(\.rawValue))
            problems.append(
                RevisionError(
                    .illegalHeader, "cannot begin the section \"\(name)\": there are only upgrade and downgrade",
                    path: path, position: position,
                    hint: nearest.map { "write \"-- migrated: \($0)\"" } ?? "write upgrade or downgrade"))
            return
        }
        guard !parts.contains(where: { $0.direction == direction }) else {
            problems.append(
                RevisionError(
                    .duplicateSection, "cannot begin the section \"\(name)\": the file has one already", path: path,
                    position: position, hint: "put the statements of both together"))
            return
        }
        let start = SourcePosition(line: line.number + 1, column: 1, offset: line.next)
        parts.append(Part(direction: direction, body: line.next..<line.next, start: start))
    }

    // MARK: - Sections

    private mutating func readSection(_ part: Part, _ described: RevisionHeader) -> Revision.Section? {
        do {
            let statements = try StatementSplitter.split(bytes: Array(source.bytes[part.body]), startingAt: part.start)
            for statement in statements { judge(statement, described) }
            return Revision.Section(
                statements: statements,
                contentDigest: SectionDigests.content(of: source.bytes[part.body], part.direction, described),
                meaningDigest: try SectionDigests.meaning(of: statements, part.direction, described),
                unfinished: part.unfinished)
        } catch {
            problems.append(
                RevisionError(.syntax, error.message, path: path, position: error.position, hint: error.hint))
            return nil
        }
    }

    /// Refuses what must not be in a revision, and what cannot run the way that the header says.
    private mutating func judge(_ statement: Statement, _ described: RevisionHeader) {
        let kind = statement.kind
        if let prohibition = kind.prohibition {
            problems.append(
                RevisionError(
                    .illegalStatement, "cannot run \"\(kind.verb)\" in a revision: \(prohibition.reason)", path: path,
                    position: statement.position, hint: prohibition.hint))
        } else if described.isTransactional, kind.refusedInTransaction == .yes {
            problems.append(
                RevisionError(
                    .refusedInTransaction,
                    "cannot run \"\(kind.verb)\" in a transaction: PostgreSQL refuses it there", path: path,
                    position: statement.position, hint: "add \"-- transaction: off\" to the header"))
        }
    }
}
