import Glibc
import Host
import Testing

@Suite(.timeLimit(.minutes(15))) struct DirectoryWatcherTests {
    let root: TemporaryDirectory

    init() throws { root = try TemporaryDirectory() }

    /// The hints of a watcher of one directory.
    private struct Hints {
        let directory: String
        var iterator: AsyncStream<DirectoryChange>.Iterator

        init(_ directory: String, recursively: Bool = false) {
            self.directory = directory
            iterator = DirectoryWatcher(directories: [directory], recursively: recursively).changes()
                .makeAsyncIterator()
        }

        mutating func next() async -> Set<DirectoryChange.Reason>? { await iterator.next()?.reasons[directory] }

        /// Waits until a hint has that reason; hints may come in one or in several.
        mutating func next(with wanted: DirectoryChange.Reason...) async {
            while let reasons = await next() {
                if !reasons.isDisjoint(with: wanted) { return }
            }
            Issue.record("the hints ended without \(wanted)")
        }
    }

    private func made(_ name: String) throws -> String {
        try DirectoryTree.make(root(name), mode: 0o755)
        return root(name)
    }

    @Test func saysThatItIsAliveWhereItIsAsked() async throws {
        let directory = try made("pulse")
        var changes = DirectoryWatcher(directories: [directory], pulse: .milliseconds(5)).changes().makeAsyncIterator()
        for _ in 0..<3 { #expect(await changes.next()?.isPulse == true) }
        try root.write("pulse/a.sql", "1")
        // News is news, also where a pulse came with it.
        while let change = await changes.next(), change.isPulse {}
        for _ in 0..<3 { #expect(await changes.next() != nil) }
    }

    @Test func hintsAtNewWrittenRenamedAndRemovedFiles() async throws {
        var hints = Hints(try made("m"))
        try root.write("m/a.sql", "1")
        await hints.next(with: .contents)
        try root.write("m/a.sql", "2")
        await hints.next(with: .contents)
        rename(root("m/a.sql"), root("m/b.sql"))
        await hints.next(with: .contents)
        unlink(root("m/b.sql"))
        await hints.next(with: .contents)
        try AtomicFile.write(root("m/c.sql"), text: "3")
        await hints.next(with: .contents)
    }

    @Test func hintsAtWhatIsBelowWhereThatIsWanted() async throws {
        try DirectoryTree.make(root("m/old"), mode: 0o755)
        var hints = Hints(root("m"), recursively: true)
        try root.write("m/old/a.sql", "1")
        await hints.next(with: .contents)
        try DirectoryTree.make(root("m/new/deep"), mode: 0o755)
        await hints.next(with: .contents)
        // By then the new directories are watched, or this is seen when they are looked into.
        try root.write("m/new/deep/b.sql", "1")
        await hints.next(with: .contents)
        rename(root("m/new"), root("away"))
        await hints.next(with: .contents)
    }

    @Test func isSilentAboutOtherFiles() async throws {
        var hints = Hints(try made("m"))
        try root.write("m/.a.sql.swp", "1")
        try root.write("m/notes.txt", "1")
        try root.write("elsewhere", "1")
        try root.write("m/b.sql", "2")
        #expect(await hints.next() == [.contents])
        // All that came before is in that one hint: the next one is of something new.
        mkdir(root("m2"), 0o755)
        rename(root("m"), root("m3"))
        await hints.next(with: .disappeared)
    }

    @Test func makesOneHintOfMany() async throws {
        let directory = try made("m")
        let changes = DirectoryWatcher(directories: [directory]).changes()
        for number in 0..<200 { try root.write("m/\(number).sql", "x") }
        var count = 0
        rename(directory, root("away"))
        for await change in changes {
            count += 1
            if change.reasons[directory]?.contains(.disappeared) == true { break }
        }
        #expect(count < 200)
    }

    @Test func tellsOfEachFileAsItComes() async throws {
        var hints = Hints(try made("m"))
        let clock = ContinuousClock()
        var times: [Duration] = []
        for number in 0..<50 {
            try root.write("x", "x")
            let start = clock.now
            rename(root("x"), root("m/\(number).sql"))
            await hints.next(with: .contents)
            times.append(clock.now - start)
        }
        print("told of a file after \(times.sorted()[25]) (median)")
    }

    @Test func waitsForADirectoryThatIsNotThereYet() async throws {
        var hints = Hints(root("a/b/m"))
        try DirectoryTree.make(root("a/b/m"), mode: 0o755)
        await hints.next(with: .appeared)
        try root.write("a/b/m/1.sql", "x")
        await hints.next(with: .contents)
    }

    @Test func followsADirectoryThatIsRemovedAndMadeAgain() async throws {
        var hints = Hints(try made("m"))
        try DirectoryTree.remove(root("m"))
        await hints.next(with: .disappeared)
        try DirectoryTree.make(root("m"))
        await hints.next(with: .appeared)
        try root.write("m/1.sql", "x")
        await hints.next(with: .contents)
        // At once: whether it is seen as gone in between or not, it is looked at again.
        try DirectoryTree.remove(root("m"))
        try DirectoryTree.make(root("m"))
        await hints.next(with: .replaced, .appeared)
        try root.write("m/2.sql", "x")
        await hints.next(with: .contents)
        // An ancestor goes and comes.
        rename(root("m"), root("n"))
        await hints.next(with: .disappeared)
        rename(root("n"), root("m"))
        await hints.next(with: .appeared)
    }

    @Test(arguments: ["current", "current/migrations", "app/current/migrations"])
    func followsALinkThatADeploySwaps(through path: String) async throws {
        let link = path.hasPrefix("app") ? "app/current" : "current"
        let inside = path.hasSuffix("migrations") ? "/migrations" : ""
        for release in ["releases/1", "releases/2"] { try DirectoryTree.make(root(release + inside), mode: 0o755) }
        if link.hasPrefix("app") { _ = try made("app") }
        let up = link.hasPrefix("app") ? "../" : ""
        symlink(up + "releases/1", root(link))
        var hints = Hints(root(path))
        try root.write("releases/1\(inside)/1.sql", "x")
        await hints.next(with: .contents)
        symlink(root("releases/2"), root("new"))
        rename(root("new"), root(link))
        await hints.next(with: .replaced)
        try root.write("releases/2\(inside)/2.sql", "x")
        await hints.next(with: .contents)
        unlink(root(link))
        await hints.next(with: .disappeared)
        symlink(up + "releases/1", root(link))
        await hints.next(with: .appeared)
        // The old release is the new one; the other is of no interest any more.
        try root.write("releases/2\(inside)/3.sql", "x")
        try DirectoryTree.remove(root("releases/1"))
        await hints.next(with: .disappeared)
    }

    @Test func followsLinksOfLinks() async throws {
        try DirectoryTree.make(root("real/m"), mode: 0o755)
        symlink("real", root("one"))
        symlink(root("one"), root("two"))
        symlink("loop", root("loop"))
        var hints = Hints(root("two/./m/../m"))
        try root.write("real/m/1.sql", "x")
        await hints.next(with: .contents)
        unlink(root("one"))
        await hints.next(with: .disappeared)
        var loop = DirectoryWatcher(directories: [root("loop")]).changes().makeAsyncIterator()
        #expect(await loop.next()?.unwatched[root("loop")] != nil)
    }

    @Test func seesAVolumeThatKubernetesSwaps() async throws {
        _ = try made("m/..1")
        try root.write("m/..1/a.sql", "1")
        symlink("..1", root("m/..data"))
        symlink("..data/a.sql", root("m/a.sql"))
        var hints = Hints(root("m"))
        _ = try made("m/..2")
        symlink("..2", root("m/..tmp"))
        rename(root("m/..tmp"), root("m/..data"))
        await hints.next(with: .contents)
    }

    @Test func watchesSeveralDirectoriesAlsoInsideEachOther() async throws {
        let (outer, inner) = (try made("m"), try made("m/deep/er"))
        var changes = DirectoryWatcher(directories: [outer, inner]).changes().makeAsyncIterator()
        // A rename is one event, and so one hint.
        try AtomicFile.write(outer + "/1.sql", text: "x")
        let first = await changes.next()
        #expect(first?.directories == [outer])
        try AtomicFile.write(inner + "/1.sql", text: "x")
        let second = await changes.next()
        #expect(second?.directories == [inner])
    }

    @Test func saysToLookAgainWhenThereWasTooMuchNews() async throws {
        // The queue holds 16,384 events unless somebody said otherwise, and equal ones in a row are one.
        let limit =
            Int(try TextFiles.readText("/proc/sys/fs/inotify/max_queued_events").prefix { $0.isNumber }) ?? 16384
        guard limit <= 100_000 else {
            print("skipped: the queue holds \(limit) events")
            return
        }
        let directory = try made("m")
        try root.write("m/a.sql", "x")
        let gate = Gate()
        // The filter is called for each event: the first one holds the reader up until the queue is full.
        let changes = DirectoryWatcher(directories: [directory]) { _ in gate.pass() }.changes()
        try root.write("m/b.sql", "x")
        for number in 0..<limit {
            rename(
                root(number.isMultiple(of: 2) ? "m/a.sql" : "m/c.sql"),
                root(number.isMultiple(of: 2) ? "m/c.sql" : "m/a.sql"))
        }
        gate.open()
        for await change in changes where change.reasons[directory]?.contains(.overflow) == true { break }
        try root.write("m/d.sql", "x")
        for await change in changes where change.reasons[directory]?.contains(.contents) == true { break }
    }

    @Test func endsWithItsTask() async throws {
        let directory = try made("m")
        let task = Task {
            for await _ in DirectoryWatcher(directories: [directory]).changes() {}
            return true
        }
        task.cancel()
        #expect(await task.value)
    }

    @Test func watchesEndWithTheirStreams() async throws {
        // Users have a bound of inotify queues, 128 mostly; the kernel counts those of all processes.
        try DirectoryTree.make(root("m"), mode: 0o755)
        let path: String = root("m")
        await #expect(processExitsWith: .success) { [path = path as String] in
            for number in 0..<300 {
                var changes = DirectoryWatcher(directories: [path]).changes().makeAsyncIterator()
                try AtomicFile.write("\(path)/\(number).sql", text: "x")
                let change = await changes.next()
                #expect(change?.reasons[path] == [.contents])
                #expect(change?.unwatched.isEmpty == true)
            }
            let open = try DirectoryTree.entries(of: "/proc/self/fd")
            #expect(open.count < 100)
        }
    }
}

/// Holds a thread up until it is opened.
private final class Gate: Sendable {
    private let semaphore: UnsafeSemaphore = UnsafeSemaphore()

    func pass() -> Bool {
        semaphore.wait()
        semaphore.signal()
        return true
    }

    func open() { semaphore.signal() }
}

private final class UnsafeSemaphore: @unchecked Sendable {
    private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(pointer, 0, 0) }

    deinit {
        sem_destroy(pointer)
        pointer.deallocate()
    }

    func wait() { sem_wait(pointer) }

    func signal() { sem_post(pointer) }
}
