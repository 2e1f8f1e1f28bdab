import Glibc
import Planning
import PostgresClient
import Revisions
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(15))) struct LibraryTests {
    private struct Library {
        let directory: TemporaryDirectory
        let library: RevisionLibrary
        let signal = ChangeSignal()

        init(_ samples: [Sample] = []) throws {
            directory = try TemporaryDirectory()
            try directory.make("migrations")
            for sample in samples { try directory.write("migrations/\(sample.file)", sample.text) }
            library = RevisionLibrary(directories: [directory("migrations")], signal: signal)
            library.load()
        }

        var ids: [RevisionID] { library.snapshot.graph.revisions.map(\.id).sorted() }

        func write(_ sample: Sample) throws { try directory.write("migrations/\(sample.file)", sample.text) }
    }

    @Test func everyBrokenFileIsReportedAtOnce() throws {
        let here = try Library(Sample.marks(2))
        #expect(here.ids == ["r1", "r2"] && here.library.snapshot.problems.isEmpty)
        let broken: [(String, String)] = [
            ("no_header.sql", "SELECT 1;\n"),
            ("no_upgrade.sql", "-- revision: x1\n-- down_revision: r2\n"),
            ("open_quote.sql", Sample("x2", after: "r2", up: "SELECT 'never closed;").text),
            ("open_dollar.sql", Sample("x3", after: "r2", up: "DO $a$ BEGIN END $b$;").text),
            ("commit.sql", Sample("x4", after: "r2", up: "SELECT 1;\nCOMMIT;").text),
            ("unlock.sql", Sample("x5", after: "r2", up: "SELECT pg_advisory_unlock_all();").text),
            ("concurrently.sql", Sample("x6", after: "r2", up: "CREATE INDEX CONCURRENTLY i ON t (n);").text),
            ("backslash.sql", Sample("x7", after: "r2", up: "\\i other.sql").text),
            ("orphan.sql", Sample("x8", after: "nobody", up: "SELECT 1;").text),
            ("twice.sql", Sample("r1", up: "SELECT 1;").text),
            ("bad-id.sql", Sample("a@b", after: "r2", up: "SELECT 1;").text),
        ]
        for (name, text) in broken { try here.directory.write("migrations/\(name)", text) }
        try here.directory.write("migrations/not_a_revision.txt", "anything")
        // Too long to be read: one such file must not hide the other, nor those after it.
        for name in ["huge.sql", "huge_too.sql"] {
            try here.directory.write("migrations/\(name)", "")
            truncate(here.directory("migrations/\(name)"), 1 << 34)
        }
        try here.directory.write("migrations/latin.sql", "")
        let latin = open(here.directory("migrations/latin.sql"), O_WRONLY)
        _ = write(latin, Sample("x9", after: "r2", up: "SELECT 'caf").text + "\u{e9}", 40)
        close(latin)

        #expect(here.library.load())
        let snapshot = here.library.snapshot
        let named = Set(snapshot.problems.compactMap { $0.location?.path.split(separator: "/").last.map(String.init) })
        for (name, _) in broken where name != "twice.sql" { #expect(named.contains(name), "\(name)") }
        #expect(named.contains("twice.sql") || named.contains("r1_sample.sql"))
        #expect(named.isSuperset(of: ["huge.sql", "huge_too.sql", "latin.sql"]))
        #expect(snapshot.problems.allSatisfy { $0.code == .revisionsInvalid && !$0.message.isEmpty })
        let commit = snapshot.problems.first { $0.location?.path.hasSuffix("commit.sql") == true }
        #expect(commit?.location?.line == 7 && commit?.location?.column == 1)
        // The last good graph is still there to read.
        #expect(here.ids == ["r1", "r2"])
        #expect(!here.library.load())
        for (name, _) in broken { try here.directory.remove("migrations/\(name)") }
        for name in ["huge.sql", "huge_too.sql", "latin.sql"] {
            try here.directory.remove("migrations/\(name)")
        }
        #expect(here.library.load() && here.library.snapshot.problems.isEmpty)
    }

    @Test func severalDirectoriesAndThoseBelowThem() async throws {
        let directory = try TemporaryDirectory()
        for name in ["one", "two/below"] { try directory.make(name) }
        let chain = Sample.marks(4)
        try directory.write("one/\(chain[0].file)", chain[0].text)
        try directory.write("two/below/\(chain[1].file)", chain[1].text)
        // That "two/below" is there twice is no reason to read its files twice.
        let directories = ["one", "two", "two/below"].map { directory($0) }
        let signal = ChangeSignal()
        let library = RevisionLibrary(directories: directories, isRecursive: true, signal: signal)
        library.load()
        #expect(library.snapshot.problems.isEmpty)
        #expect(library.snapshot.graph.heads == ["r2"])
        let watching = Task { await library.watch { _ in } }
        defer { watching.cancel() }
        func wait(_ fits: (RevisionLibrary.Snapshot) -> Bool) async {
            while true {
                let generation = signal.generation
                if fits(library.snapshot) { return }
                await signal.wait(since: generation)
            }
        }
        try directory.write("two/below/\(chain[2].file)", chain[2].text)
        await wait { $0.graph.count == 3 }
        try directory.make("one/new/deep")
        try directory.write("one/new/deep/\(chain[3].file)", chain[3].text)
        await wait { $0.graph.count == 4 }

        try directory.write("two/copy.sql", chain[0].text)
        await wait { !$0.problems.isEmpty }
        let told = library.snapshot.problems.map { "\($0.location?.path ?? "") \($0.message)" }.joined()
        #expect(told.contains("one/\(chain[0].file)") && told.contains("two/copy.sql"), "\(told)")
    }

    @Test func cyclesAndLabelsAreReported() throws {
        let here = try Library([.table("a", after: "c"), .table("b", after: "a"), .table("c", after: "b")])
        #expect(!here.library.snapshot.problems.isEmpty)
        #expect(here.ids.isEmpty)
    }

    @Test func aDirectoryThatGoesAndComesAndIsSwapped() async throws {
        let here = try Library(Sample.marks(1))
        let seen = here.library
        let watching = Task { await seen.watch { _ in } }
        defer { watching.cancel() }
        func wait(_ fits: (RevisionLibrary.Snapshot) -> Bool) async {
            while true {
                let generation = here.signal.generation
                if fits(seen.snapshot) { return }
                await here.signal.wait(since: generation)
            }
        }
        try here.write(Sample.marks(2)[1])
        await wait { $0.graph.count == 2 }
        // In one go: a directory that is emptied file by file is a good one with fewer revisions at every moment.
        rename(here.directory("migrations"), here.directory("gone"))
        await wait { !$0.problems.isEmpty }
        #expect(here.ids == ["r1", "r2"])
        try here.directory.make("migrations")
        for sample in Sample.marks(3) { try here.write(sample) }
        await wait { $0.problems.isEmpty && $0.graph.count == 3 }

        // A deploy: two releases, and a link that is swapped.
        try here.directory.remove("migrations")
        for (release, count) in [("one", 1), ("two", 2)] {
            try here.directory.make(release)
            for sample in Sample.marks(count) { try here.directory.write("\(release)/\(sample.file)", sample.text) }
        }
        symlink(here.directory("one"), here.directory("migrations"))
        await wait { $0.problems.isEmpty && $0.graph.count == 1 }
        symlink(here.directory("two"), here.directory("next"))
        rename(here.directory("next"), here.directory("migrations"))
        await wait { $0.problems.isEmpty && $0.graph.count == 2 }
    }

    /// A daemon on another host may have none of the files: what the pinned revisions stand on comes from the registry, too.
    @Test func aDowngradeNeedsNoFiles() async throws {
        let samples = [Sample.table("a"), Sample.table("b", after: "a"), Sample.table("c", after: "b")]
        try await EngineFixture.with(samples) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
            for sample in samples { try fixture.remove(sample) }
            let job = try await engine.outcome(of: try await engine.downgrade(to: "b"))
            #expect(job.state == .succeeded, "\(String(describing: job.failure))")
            #expect(try await engine.currentRows() == ["b"])
        }
    }

    @Test func upgradesAreRefusedUntilTheDirectoryIsMended() async throws {
        try await EngineFixture.with(Sample.marks(2)) { fixture in
            let engine = fixture.engine
            #expect(try await engine.outcome(of: try await engine.upgrade(to: "r1")).state == .succeeded)
            try fixture.directory.write("migrations/broken.sql", "SELECT 1;\n")
            engine.library.load()
            let failure = await #expect(throws: Failure.self) { try await engine.upgrade() }
            #expect(failure?.code == .revisionsInvalid && failure?.location?.path.hasSuffix("broken.sql") == true)
            #expect(failure?.notes.isEmpty == false)
            #expect(try await engine.standing().pendingCount == 1)
            #expect(await engine.diagnose().contains { $0.subject == "main: revisions" && $0.outcome == .bad })
            try fixture.directory.remove("migrations/broken.sql")
            engine.library.load()
            #expect(try await engine.outcome(of: try await engine.upgrade()).state == .succeeded)
        }
    }
}
