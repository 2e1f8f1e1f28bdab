import Testing

extension ServiceUnderSystemd {
    /// Who may do what, by the kernel's word.
    @Suite struct AccessTests {
        @Test("a member of the group looks and queues; root approves; the parked job goes on by itself")
        func member() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "access", on: machine, approvals: 1, .init("first", "CREATE TABLE a (n int)"))

            let status = try await site.migratectl("status", as: "operator")
            #expect(status.status == 0, "\(status)")
            #expect(status.output.contains("access"))

            let parked = try await site.migratectl("upgrade", "head", as: "operator")
            #expect(parked.status == 16, "\(parked)")
            #expect(parked.errors.contains("not approved"), "\(parked)")
            #expect(parked.errors.contains("migratectl -d access approve first"), "\(parked)")

            let refused = try await site.migratectl("approve", "head", "--yes", as: "operator")
            #expect(refused.status == 77, "\(refused)")
            #expect(
                refused.errors.contains("cannot approve as \"operator\": only root and \"migrated\" may"), "\(refused)")
            #expect(try await site.migratectl("reload", as: "operator").status == 77)

            let approved = try await site.migratectl("approve", "head", "--yes")
            #expect(approved.status == 0, "\(approved)")
            try await site.waitForJob("succeeded")
            let asked = "select user_name from migrated.job where number = 1"
            #expect(try await machine.sql(asked, in: "access") == "operator")
        }

        @Test("the daemon's own user approves as well")
        func daemonUser() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make("own", on: machine, approvals: 1, .init("first", "CREATE TABLE a (n int)"))
            let outcome = try await site.migratectl("upgrade", "--approve", "--yes", as: "migrated")
            #expect(outcome.status == 0, "\(outcome)")
        }

        @Test("an outsider is refused, and told what to do about it")
        func outsider() async throws {
            let machine = try Machine.ofSuite
            for verb in ["status", "upgrade", "reload"] {
                let refused = try await machine.run("migratectl", verb, as: "outsider")
                #expect(refused.status == 77, "\(refused)")
                #expect(refused.errors.contains("permission denied"), "\(refused)")
                #expect(refused.errors.contains("join the group \"migrated\""), "\(refused)")
            }
            #expect(
                try await machine.expect("stat", "-c", "%a %U:%G", "/run/migrated/io.migrated.Control")
                    == "660 root:migrated")
            let link = try await machine.expect("readlink", "-f", "/run/varlink/registry/io.migrated.Control")
            #expect(link == "/run/migrated/io.migrated.Control")
        }
    }
}
