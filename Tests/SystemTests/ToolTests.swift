import FoundationEssentials
import Glibc
import Testing

extension ServiceUnderSystemd {
    /// Other people's tools, and places without a service manager.
    @Suite struct ToolTests {
        private static let socket = "unix:/run/migrated/io.migrated.Control"

        @Test(
            "Python's varlink introspects and calls the daemon",
            .enabled(if: PythonEnvironment.directory != nil || Requirements.isContinuousIntegration, "make python"))
        func python() async throws {
            let machine = try Machine.ofSuite
            let script = """
                import varlink
                with varlink.Client(address="\(Self.socket)") as client:
                    with client.open("org.varlink.service") as service:
                        interfaces = service.GetInfo()["interfaces"]
                        print(sorted(interfaces))
                    with client.open("io.migrated.Control") as control:
                        print(control.GetStatus("main")["databases"][0]["name"])
                        print([reply["revisions"][0]["id"] for reply in control.ListRevisions("main", _more=True)][:1])
                        try:
                            control.GetJob("main-4711")
                        except varlink.VarlinkError as error:
                            print(error.error())
                """
            try #require(PythonEnvironment.directory != nil, "run: make python")
            let outcome = try await machine.run(PythonEnvironment.interpreter, "-c", script)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.contains("'io.migrated.Control', 'org.varlink.service'"), "\(outcome)")
            #expect(outcome.output.contains("main"), "\(outcome)")
            #expect(outcome.output.contains("io.migrated.Control.NoSuchJob"), "\(outcome)")
        }

        @Test(
            "varlinkctl introspects and calls the daemon",
            .enabled(if: access("/usr/bin/varlinkctl", X_OK) == 0, "systemd 255 and later have varlinkctl"))
        func varlinkctl() async throws {
            let machine = try Machine.ofSuite
            let path = "/run/migrated/io.migrated.Control"
            #expect(try await machine.expect("varlinkctl", "info", path).contains("io.migrated.Control"))
            let text = try await machine.expect("varlinkctl", "introspect", path, "io.migrated.Control")
            #expect(text.contains("method GetStatus"))
            let reply = try await machine.expect("varlinkctl", "call", path, "io.migrated.Control.GetStatus", "{}")
            #expect(reply.contains("\"databases\""))
        }

        /// Settings of a daemon beside the service.
        private func settings(_ name: String, on machine: Machine) async throws -> String {
            let path = "/etc/\(name).toml"
            try machine.write(
                """
                [daemon]
                socket = "/run/\(name)/control"
                state_directory = "/run/\(name)/state"
                [database.main]
                url = "postgresql:///main"
                [database.main.backup]
                directory = "/run/\(name)/backups"
                min_free = "1MiB"
                """, to: path)
            try await machine.expect("install", "-d", "-o", "migrated", "/run/\(name)")
            return path
        }

        /// The words that run something as the daemon's user, who may log in at PostgreSQL.
        private static let asDaemon = ["setpriv", "--reuid", "migrated", "--regid", "migrated", "--init-groups", "--"]

        @Test("systemd-socket-activate starts it at the first call")
        func socketActivate() async throws {
            let machine = try Machine.ofSuite
            let path = try await settings("activated", on: machine)
            try await machine.run(
                ["systemd-run", "-q", "--unit=activated", "-p", "User=migrated", "systemd-socket-activate"]
                    + ["-l", "/run/activated/sock", "--fdname=varlink", "migrated", "--settings", path]
            ).expectSuccess()
            try await machine.until("it listens") {
                try await machine.run("test", "-S", "/run/activated/sock").status == 0
            }
            let status = try await machine.run(
                "migratectl", "--socket", "/run/activated/sock", "status", as: "migrated")
            #expect(status.status == 0 && status.output.contains("main"), "\(status)")
            try await machine.expect("systemctl", "stop", "activated.service")
        }

        @Test(
            "a NOTIFY_SOCKET that is odd or leads nowhere does no harm",
            arguments: [
                "", "/run/nobody", "relative/path", "@nobody", "vsock:2:1234", "/" + String(repeating: "x", count: 200),
                " ",
            ])
        func oddNotifySocket(value: String) async throws {
            let machine = try Machine.ofSuite
            let path = try await settings("odd", on: machine)
            let script = """
                export NOTIFY_SOCKET="$1" WATCHDOG_USEC=1000000
                migrated --settings "$2" 2> /run/odd/log & pid=$!
                for _ in $(seq 500); do [ -S /run/odd/control ] && break; sleep 0.02; done
                migratectl --socket /run/odd/control status; status=$?
                sleep 1.5; kill -TERM $pid; wait $pid; echo "daemon: $?, status: $status"
                """
            let outcome = try await machine.run(Self.asDaemon + ["bash", "-c", script, "bash", value, path])
            #expect(outcome.output.contains("daemon: 0, status: 0"), "\(outcome)")
        }

        @Test("migrated --check judges the settings, and nothing else")
        func check() async throws {
            let machine = try Machine.ofSuite
            let path = try await settings("checked", on: machine)
            let good = try await machine.run("migrated", "--check", "--settings", path)
            #expect(good.status == 0 && good.output.contains("settings are good: main"), "\(good)")
            #expect(try await machine.run("ls", "/run/checked").text == "", "it makes nothing")
            try machine.write("[daemon]\nstop_timeout = 5\n[database.a]\nurl = \"mysql://x\"\nkeeep = 1\n", to: path)
            let bad = try await machine.run("migrated", "--check", "--settings", path)
            #expect(bad.status == 78, "\(bad)")
            for line in [2, 4, 5] { #expect(bad.errors.contains("\(path):\(line)"), "\(bad)") }
            try machine.write(
                "[Service]\nExecStartPre=/usr/bin/migrated --check\n",
                to: "/etc/systemd/system/migrated.service.d/check.conf")
            try await machine.expect("systemctl", "daemon-reload")
            try await machine.expect("systemctl", "restart", "migrated.service")
            try await machine.expect("rm", "/etc/systemd/system/migrated.service.d/check.conf")
            try await machine.expect("systemctl", "daemon-reload")
        }

        @Test(
            "in a container without systemd it logs to standard error, ends at a signal and leaves no zombie",
            arguments: ["as the first process", "as a child of the first"])
        func container(place: String) async throws {
            let machine = try Machine.ofSuite
            let path = try await settings("boxed", on: machine)
            let isFirst = place == "as the first process"
            let start = "exec \(Self.asDaemon.joined(separator: " ")) migrated --settings \(path)"
            let inner = isFirst ? start : "(\(start)) & wait $!"
            let script = """
                unshare --pid --fork --mount-proc --kill-child bash -c "$1" 2> /run/boxed/log & outer=$!
                for _ in $(seq 500); do [ -S /run/boxed/control ] && break; sleep 0.02; done
                setpriv --reuid migrated --regid migrated --init-groups migratectl --socket /run/boxed/control backup
                backup=$?
                daemon=$(pgrep -f '^migrated --settings /etc/boxed.toml')
                zombies=$(ps --ppid "$daemon" -o stat= | grep -c Z)
                kill -TERM "$daemon"; wait $outer
                echo "backup $backup, zombies $zombies, status $?"
                cat /run/boxed/log
                """
            let outcome = try await machine.run("bash", "-c", script, "bash", inner)
            #expect(outcome.output.contains("backup 0, zombies 0, status 0"), "\(outcome)")
            #expect(outcome.output.contains(" notice ready, version"), "\(outcome)")
            #expect(outcome.output.contains(" notice stopped"), "\(outcome)")
        }

        @Test(
            "Prometheus' own strict reader takes the figures, and every figure that the rules for alerts name is there",
            .enabled(if: PythonEnvironment.directory != nil || Requirements.isContinuousIntegration, "make python"))
        func figures() async throws {
            let machine = try Machine.ofSuite
            let site = try await Site.make(
                "figured", on: machine, rehearses: true, .init("first", "CREATE TABLE a (n int)"), .gated("second"))
            let upgraded = try await site.migratectl("upgrade", "first")
            #expect(upgraded.status == 0, "\(upgraded)")
            try machine.write(
                "[database.figured.rehearsal]\npolicy = \"off\"\n",
                to: "/etc/migrated/migrated.toml.d/figured_off.toml")
            try await machine.expect("systemctl", "reload", "migrated.service")
            try await machine.expect("migratectl", "-d", "figured", "upgrade", "--no-block")
            try await site.reachGate()
            try await machine.expect("migratectl", "-d", "figured", "metrics", "--output", "/run/figures")
            try await site.openGate("second")
            try await site.waitForJob("succeeded", number: 2)
            try await machine.expect("rm", "/etc/migrated/migrated.toml.d/figured_off.toml")
            let script = """
                import re, sys
                from prometheus_client.openmetrics.parser import text_string_to_metric_families
                text = open("/run/figures").read()
                given = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
                named = set(re.findall(r"migrated_\\w+", open("/usr/share/doc/migrated/alerts.yml").read()))
                print("named:", len(named), "missing:", sorted(named - given))
                """
            try #require(PythonEnvironment.directory != nil, "run: make python")
            let outcome = try await machine.run(PythonEnvironment.interpreter, "-c", script)
            #expect(outcome.status == 0 && outcome.output.contains("missing: []"), "\(outcome)")
            #expect(!outcome.output.contains("named: 0"))
        }

        @Test("the timer's unit writes the figures where node_exporter collects them")
        func metrics() async throws {
            let machine = try Machine.ofSuite
            try await machine.expect("mkdir", "-p", "/var/lib/prometheus/node-exporter")
            try await machine.expect("systemctl", "start", "migrated-metrics.service")
            let text = try await machine.expect("cat", "/var/lib/prometheus/node-exporter/migrated.prom")
            #expect(text.contains("migrated_database_up{database=\"main\"} 1"), "\(text)")
            #expect(text.contains("migrated_watchdog_margin_seconds ") && text.hasSuffix("# EOF"), "\(text)")
            #expect(try await machine.run("migratectl", "metrics", as: "outsider").status == 77)
        }
    }
}
