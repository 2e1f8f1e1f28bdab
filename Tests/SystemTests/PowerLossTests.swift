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
}
