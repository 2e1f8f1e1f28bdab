import Glibc
import Testing

@testable import Host

@Suite(.timeLimit(.minutes(5))) struct ClusterTemplateTests {
    @Test func aClusterIsMadeOnceAndCopiedFromThenOn() async throws {
        let directory = try TemporaryDirectory()
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        var options = EmbeddedCluster.Options.scratch
        options.templates = directory("templates")
        let first = try await EmbeddedCluster.start(directory: directory("first"), options: options)
        await first.stop()
        let kept = try DirectoryTree.entries(of: directory("templates"))
        #expect(kept.count == 1)
        let template = directory("templates/" + kept[0])
        var status = stat()
        #expect(stat(template, &status) == 0 && status.st_uid == geteuid() && status.st_mode & 0o777 == 0o700)
        // What is in the copy tells that it is one.
        try AtomicFile.write(template + "/mark", text: "copied")
        let second = try await EmbeddedCluster.start(directory: directory("second"), options: options)
        #expect(TextFiles.exists(directory("second/data/mark")))
        #expect(await tools.acceptsConnections(second.connection))
        await second.stop()
        // Of other programs, or not finished: they go when there is something new.
        try DirectoryTree.remove(template)
        let major = kept[0].prefix { $0.isNumber }
        for name in ["\(major).0-1-1.0_postgres", ".new-1", "9.6-1-1.0_postgres"] {
            try DirectoryTree.make(directory("templates/" + name))
        }
        let third = try await EmbeddedCluster.start(directory: directory("third"), options: options)
        await third.stop()
        #expect(try DirectoryTree.entries(of: directory("templates")) == [kept[0], "9.6-1-1.0_postgres"].sorted())
    }

    @Test func aTemplateThatCannotBeCopiedIsNoHindrance() async throws {
        let directory = try TemporaryDirectory()
        var options = EmbeddedCluster.Options.scratch
        options.templates = directory("templates")
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let template = try #require(ClusterTemplate(in: directory("templates"), of: tools, shape: options.shape))
        let path = "\(template.directory)/\(template.name)"
        try DirectoryTree.make(path)
        #expect(symlink("/nowhere", path + "/link") == 0)
        let cluster = try await EmbeddedCluster.start(directory: directory("first"), options: options)
        #expect(await tools.acceptsConnections(cluster.connection))
        await cluster.stop()
    }

    @Test(.enabled(if: !SystemAccount.isRoot)) func whatIsOfferedEverybodyMayReadAndItIsMadeOnce() async throws {
        let directory = try TemporaryDirectory()
        let tools = try await PostgresTools.discover(serverVersion: 0, withServer: true)
        let shape = EmbeddedCluster.Options.scratch.shape
        let template = try #require(ClusterTemplate(in: directory("templates"), of: tools, shape: shape))
        await template.offer(with: tools, shape: shape)
        #expect(try DirectoryTree.entries(of: directory("templates")) == [template.name])
        var status = stat()
        #expect(stat("\(template.directory)/\(template.name)/global/pg_control", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o644)
        let made = status.st_ino
        await template.offer(with: tools, shape: shape)
        #expect(stat("\(template.directory)/\(template.name)/global/pg_control", &status) == 0 && status.st_ino == made)
    }
}
