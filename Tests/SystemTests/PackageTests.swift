import FoundationEssentials
import Testing

/// The Debian package on a machine that has never seen the sources, nor Swift.
@Suite("the Debian package", .whereMachinesBoot, .serialized)
struct PackageTests {
    /// The newest package that `make deb` has made; continuous integration makes one.
    private static let package: String? = {
        let directory = MachineImage.root + "/.build/deb"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.first { $0.hasSuffix(".deb") }.map { "\(directory)/\($0)" }
    }()

    private static let isThere = package != nil || Requirements.isContinuousIntegration

    @Test("it installs, works, and is purged without taking backups", .enabled(if: isThere, "make deb"))
    func installs() async throws {
        let package = try #require(Self.package, "run: make deb")
        let disk = try await Disk.make(MachineImage.bare)
        defer { disk.remove() }
        try await Machine.boot(disk) { machine in
            // No Swift anywhere: what the package needs, it has or depends on.
            let hide = """
                swift=$(readlink -f "$(command -v swift)")
                for place in "${swift%/usr/bin/*}" /usr/lib/swift* "$1"; do
                    [ ! -d "$place" ] || [ "$place" = "" ] || mount -t tmpfs tmpfs "$place"
                done
                """
            try await machine.expect("bash", "-c", hide, "bash", MachineImage.root)
            #expect(try await machine.run("sh", "-c", "command -v swift").status != 0)
            // Images of containers forbid packages to start anything (Debian Policy, 9.3.3.2).
            let policy = "/usr/sbin/policy-rc.d"
            try await machine.expect("sh", "-c", "[ ! -e \(policy) ] || mount --bind /bin/true \(policy)")
            try machine.copy(package, to: "/run/migrated.deb")
            let installed = try await machine.run("dpkg", "-i", "/run/migrated.deb")
            #expect(installed.status == 0, "\(installed)")
            #expect(!installed.errors.contains("depends on"), "\(installed)")
            #expect(try await machine.activity(of: "migrated.socket") == "active")
            #expect(try await machine.activity(of: "migrated-copy.socket") == "active")
            #expect(try await machine.run("id", "-u", "migrated").status == 0)

            try await machine.sql("create role migrated login")
            try await machine.sql("create database app owner migrated")
            try machine.write(
                "[database.app]\nurl = \"postgresql:///app\"\napprovals = 0\n[database.app.backup]\nmin_free = \"1MiB\"\n",
                to: "/etc/migrated/migrated.toml")
            try machine.write(
                "-- revision: one\n-- down_revision: none\n-- description: one\n\n-- migrated: upgrade\nCREATE TABLE t (n int);\n\n-- migrated: downgrade\nDROP TABLE t;\n",
                to: "/etc/migrated/migrations/one.sql")
            let upgraded = try await machine.run("migratectl", "upgrade")
            #expect(upgraded.status == 0 && upgraded.output.contains("rehearsed in a copy"), "\(upgraded)")
            let explained = try await machine.expect("journalctl", "-x", "--no-pager", "-u", "migrated")
            #expect(explained.contains("Subject: Job app-1 has succeeded"), "the catalogue is there")
            for page in ["1/migratectl", "5/migrated.toml", "8/migrated"] {
                let parts = page.split(separator: "/")
                let path = "/usr/share/man/man\(parts[0])/\(parts[1]).\(parts[0]).gz"
                #expect(try await machine.run("gzip", "-t", path).status == 0, "\(path)")
            }
            let needed = try await machine.expect("ldd", "/usr/bin/migrated", "/usr/bin/migratectl")
            #expect(!needed.contains("not found") && !needed.contains("swift"), "\(needed)")

            // The same version once more: what is configured stays, and a job goes on.
            #expect(try await machine.run("dpkg", "-i", "/run/migrated.deb").status == 0)
            #expect(try await machine.run("migratectl", "status").output.contains("one (head)"))

            let purged = try await machine.run("dpkg", "--purge", "migrated")
            #expect(purged.status == 0, "\(purged)")
            #expect(try await machine.run("test", "-e", "/usr/bin/migrated").status != 0)
            let kept = try await machine.expect("find", "/var/backups/migrated", "-name", "toc.dat")
            #expect(kept.contains("toc.dat"), "backups are never taken")
            #expect(try await machine.run("test", "-e", "/etc/migrated/migrations/one.sql").status == 0)
            #expect(try await machine.activity(of: "migrated.socket") != "active")
        }
    }

    @Test(
        "lintian has nothing to say",
        .enabled(if: isThere && FileManager.default.isExecutableFile(atPath: "/usr/bin/lintian"), "make deb; lintian"))
    func lintian() async throws {
        let outcome = try await Program.run(
            [
                "lintian", "--allow-root", "--fail-on", "error,warning,info", "--no-tag-display-limit",
                try #require(Self.package, "run: make deb"),
            ], patience: .seconds(600))
        #expect(outcome.status == 0 && outcome.text == "", "\(outcome)")
    }
}
