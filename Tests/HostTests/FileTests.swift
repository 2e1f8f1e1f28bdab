import Glibc
import Host
import Testing

@Suite struct FileTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func readsWholeFilesUpToTheBound() throws {
        try directory.write("a", "twelve bytes")
        #expect(try TextFiles.readText(directory("a"), limit: 12) == "twelve bytes")
        let error = #expect(throws: FileError.self) { try TextFiles.readBytes(directory("a"), limit: 11) }
        #expect(error?.description == "cannot read \"\(directory("a"))\": it is longer than 11 bytes")
    }

    @Test func readsFilesThatSayTheyAreEmpty() throws {
        #expect(try TextFiles.readText("/proc/self/status").contains("VmRSS"))
        #expect(throws: FileError.self) { try TextFiles.readBytes("/proc/self/status", limit: 10) }
    }

    @Test func refusesWhatIsNoFile() throws {
        mkfifo(directory("pipe"), 0o600)
        #expect(throws: FileError.self) { try TextFiles.readBytes(directory("pipe")) }
        #expect(throws: FileError.self) { try TextFiles.readBytes("/dev/zero") }
        let error = #expect(throws: FileError.self) { try TextFiles.readBytes(directory.path) }
        #expect(error?.reason == "is a directory")
        let missing = #expect(throws: FileError.self) { try TextFiles.readBytes(directory("none")) }
        #expect(missing?.isMissing == true)
        #expect(missing?.description == "cannot read \"\(directory("none"))\": no such file or directory")
    }

    @Test func refusesTextThatIsNoUTF8() throws {
        try AtomicFile.write(directory("latin"), [0x66, 0xFC, 0x72])
        let error = #expect(throws: FileError.self) { try TextFiles.readText(directory("latin")) }
        #expect(error?.hint == "save the file as UTF-8")
    }

    @Test func readsLongFilesInChunks() throws {
        let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try AtomicFile.write(directory("long"), bytes)
        var seen: [UInt8] = []
        let reader = try ChunkReader(directory("long"), size: 4096)
        while try reader.next({ chunk in
            #expect(chunk.count <= 4096)
            seen += chunk
        }) > 0 {}
        #expect(reader.position == 1_000_003)
        #expect(seen == bytes)
        struct Stop: Error {}
        let another = try ChunkReader(directory("long"))
        #expect(throws: Stop.self) { try another.next { _ in throw Stop() } }
    }

    @Test func writesAtomicallyWithTheModeThatWasAskedFor() throws {
        try AtomicFile.write(directory("secret"), text: "one")
        #expect(mode(of: directory("secret")) == 0o600)
        try AtomicFile.write(directory("secret"), text: "two", mode: 0o664)
        #expect(mode(of: directory("secret")) == 0o664)
        #expect(try TextFiles.readText(directory("secret")) == "two")
        #expect(try DirectoryTree.entries(of: directory.path) == ["secret"])
    }

    @Test func leavesNothingBehindWhenAWriteFails() throws {
        mkdir(directory("taken"), 0o755)
        let error = #expect(throws: FileError.self) { try AtomicFile.write(directory("taken"), text: "x") }
        #expect(error?.path == directory("taken"))
        #expect(try DirectoryTree.entries(of: directory.path) == ["taken"])
        #expect(throws: FileError.self) { try AtomicFile.write(directory("no/where"), text: "x") }
    }

    @Test func publishesOnlyUnderAFreeName() throws {
        try DirectoryTree.make(directory("half"))
        try AtomicFile.publish(directory("half"), as: directory("whole"))
        #expect(try DirectoryTree.entries(of: directory.path) == ["whole"])
        try DirectoryTree.make(directory("half"))
        #expect(throws: FileError.self) { try AtomicFile.publish(directory("half"), as: directory("whole")) }
        symlink("nowhere", directory("link"))
        #expect(throws: FileError.self) { try AtomicFile.publish(directory("half"), as: directory("link")) }
    }

    @Test func listsRevisionFilesOnly() throws {
        for name in [
            "b.sql", "a.sql", "ä.sql", "Z.sql", ".hidden.sql", "#x.sql#", ".#x.sql", "x.sql~", "~x.sql", "x.sql.swp",
            ".sql", "x.SQL", "readme.md",
        ] {
            try directory.write(name, "-- \(name)")
        }
        mkdir(directory("dir.sql"), 0o755)
        mkfifo(directory("pipe.sql"), 0o600)
        symlink("a.sql", directory("link.sql"))
        symlink("gone", directory("dangling.sql"))
        let files = try DirectoryTree.revisionFiles(in: directory.path)
        #expect(files.map(\.name) == ["Z.sql", "a.sql", "b.sql", "link.sql", "ä.sql"])
        #expect(files[1].path == directory("a.sql"))
        #expect(files[1].size == 8)
        #expect(throws: FileError.self) { try DirectoryTree.revisionFiles(in: directory("none")) }
    }

    @Test func handlesWholeTrees() throws {
        let tree = directory("tree")
        try DirectoryTree.make(tree + "/a/b")
        #expect(mode(of: tree + "/a") == 0o700)
        try DirectoryTree.make(tree + "/a/b")
        try directory.write("tree/a/b/two", "22", mode: 0o666)
        try directory.write("tree/one", "1")
        try directory.write("outside", "stays")
        chmod(tree, 0o755)
        symlink(directory("outside"), tree + "/a/link")
        #expect(try DirectoryTree.files(in: tree).map(\.name) == ["a/b/two", "one"])
        #expect(try DirectoryTree.size(of: tree) == 3)
        try DirectoryTree.makePrivate(tree)
        #expect(mode(of: tree) == 0o700)
        #expect(mode(of: tree + "/a/b/two") == 0o600)
        #expect(mode(of: directory("outside")) == 0o644)
        try DirectoryTree.synchronise(tree)
        try DirectoryTree.remove(tree)
        try DirectoryTree.remove(tree)
        #expect(try DirectoryTree.entries(of: directory.path) == ["outside"])
        #expect(throws: FileError.self) { try DirectoryTree.make(directory("outside/below")) }
    }

    @Test func measuresFreeSpaceAlsoOfWhatIsNotThereYet() throws {
        let here = try FreeSpace.available(directory.path)
        #expect(here > 0)
        #expect(try FreeSpace.available(directory("not/yet/there")) > 0)
    }

    @Test func saysThatTheDiskIsFull() throws {
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=256k") == 0 else {
            print("skipped: no file system can be mounted here (\(errno))")
            return
        }
        defer { umount(directory.path) }
        #expect(try FreeSpace.available(directory.path) <= 256 << 10)
        let error = #expect(throws: FileError.self) {
            try AtomicFile.write(directory("large"), [UInt8](repeating: 1, count: 1 << 20))
        }
        #expect(error?.isOutOfSpace == true)
        #expect(error?.hint != nil)
        #expect(try DirectoryTree.entries(of: directory.path).isEmpty)
        try AtomicFile.write(directory("small"), [1, 2, 3])
    }

    @Test func splitsAndJoinsPaths() {
        #expect(FilePaths.split("/a/b") == ("/a", "b"))
        #expect(FilePaths.split("/a/b//") == ("/a", "b"))
        #expect(FilePaths.split("/a") == ("/", "a"))
        #expect(FilePaths.split("a") == (".", "a"))
        #expect(FilePaths.join("/a/", "b") == "/a/b")
        #expect(FilePaths.join("/a", "/b") == "/b")
        #expect(FilePaths.absolute("x") == FilePaths.workingDirectory() + "/x")
    }
}

@Suite struct RevisionFileTests {
    @Test func filesOfSeveralDirectoriesEachOnce() throws {
        let root = try TemporaryDirectory()
        for directory in ["a/deep/er", "b", "a/.git"] { try DirectoryTree.make(root(directory), mode: 0o755) }
        for file in ["a/2.sql", "a/deep/1.sql", "a/deep/er/3.sql", "b/4.sql", "a/.git/5.sql"] {
            try root.write(file, file)
        }
        symlink(root("b"), root("a/link"))
        let flat = SourceFiles(in: [root("a"), root("b")])
        #expect(flat.files.map(\.path) == [root("a/2.sql"), root("b/4.sql")])
        let deep = SourceFiles(in: [root("a"), root("a/deep"), root("nowhere"), root("b")], recursively: true)
        #expect(
            deep.files.map { String(decoding: $0.bytes, as: UTF8.self) }
                == ["a/2.sql", "a/deep/1.sql", "a/deep/er/3.sql", "b/4.sql"])
        #expect(deep.problems.map(\.path) == [root("nowhere")])
        let names = try DirectoryTree.revisionFiles(in: root("a"), recursively: true).map(\.name)
        #expect(names == ["2.sql", "deep/1.sql", "deep/er/3.sql"])
    }

    @Test func aNewFileNeverTakesANameThatIsInUse() throws {
        let root = try TemporaryDirectory()
        try AtomicFile.writeNew(root("a.sql"), text: "first")
        let error = #expect(throws: FileError.self) { try AtomicFile.writeNew(root("a.sql"), text: "second") }
        #expect(error?.alreadyExists == true)
        #expect(try TextFiles.readText(root("a.sql")) == "first")
        #expect(mode(of: root("a.sql")) == 0o644)
        #expect(try DirectoryTree.entries(of: root.path) == ["a.sql"])
    }
}
