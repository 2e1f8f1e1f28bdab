import Testing

/// Everything killed at once in the middle of a job, and booted again from what was on the disk.
@Suite("power loss", .whereMachinesBoot)
struct PowerLossTests {
    @Test("a job that was under way ends rightly after the next boot, though nobody asks")
    func bootsAgain() async throws {
        let disk = try await Disk.make(MachineImage.shared)
        defer { disk.remove() }
        try await Machine.boot(disk) { machine in
            try await machine.sql("create role migrated login")
            try await machine.sql("create database main owner migrated")
            let site = try await Site.make("power", on: machine, .gated("first"), .gated("second"))
            try await machine.expect("migratectl", "-d", "power", "upgrade", "--no-block")
            try await site.reachGate()
            try await site.openGate("first")
            try await machine.until("the first revision is applied") { try await site.job().job.appliedCount == 1 }
            try await site.reachGate()
            #expect(try await site.job().job.state == "applying")
        }
        try await Machine.boot(disk, enabling: ["migrated.service"]) { machine in
            let site = Site(machine: machine, name: "power")
            try await site.reachGate()
            try await site.openGate("second")
            try await site.waitForJob("succeeded")
            try await site.expectAppliedOnce("second")
            #expect(try await machine.sql("select count(*) from made_by_first", in: "power") == "1")
            let messages = try await site.job().events.map(\.message)
            #expect(messages.contains { $0.contains("without its runner") }, "\(messages)")
        }
    }

    @Test("an index that was being built outside a transaction is whole after the next boot")
    func bootsAgainAmidAnIndex() async throws {
        let disk = try await Disk.make(MachineImage.shared)
        defer { disk.remove() }
        try await Machine.boot(disk) { machine in
            try await machine.sql("create role migrated login")
            try await machine.sql("create database main owner migrated")
            var index = Site.Revision("indexed", "CREATE INDEX CONCURRENTLY numbers_n ON numbers (n)")
            index.isTransactional = false
            let site = try await Site.make(
                "outage", on: machine, .init("numbers", "CREATE TABLE numbers AS SELECT generate_series(1, 1000) AS n"),
                index)
            #expect(try await site.migratectl("upgrade", "numbers").status == 0)
            try await machine.expect(
                "systemd-run", "-q", "--unit=snapshot", "-p", "User=postgres", "psql", "-d", "outage", "-c",
                "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM numbers; SELECT pg_sleep(600)")
            try await machine.expect("migratectl", "-d", "outage", "upgrade", "--no-block")
            try await machine.until("the index waits") {
                let phases = "select phase from pg_stat_progress_create_index where datname = 'outage'"
                return try await machine.sql(phases) == "waiting for old snapshots"
            }
        }
        try await Machine.boot(disk, enabling: ["migrated.service"]) { machine in
            let site = Site(machine: machine, name: "outage")
            try await site.waitForJob("succeeded", number: 2)
            let valid = "select indisvalid from pg_index where indexrelid = 'numbers_n'::regclass"
            #expect(try await machine.sql(valid, in: "outage") == "t")
            let indexes = "select count(*) from pg_index where indrelid = 'numbers'::regclass"
            #expect(try await machine.sql(indexes, in: "outage") == "1")
        }
    }
}
