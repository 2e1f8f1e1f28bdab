import Testing

extension ServiceUnderSystemd {
    /// The ways in which the daemon is given what nobody else may know.
    @Suite struct CredentialTests {
        /// Runs with a drop-in, and looks for the secret wherever it must not be.
        private func expectSecret(
            _ secret: String, on machine: Machine, dropIn: String, database: String
        ) async throws {
            try await machine.withDropIn(dropIn) {
                // pg_dump connects as well, by itself.
                let taken = try await machine.run("migratectl", "-d", database, "backup")
                #expect(taken.status == 0, "\(taken)")
                let status = try await machine.expect("migratectl", "-d", database, "status")
                #expect(status.contains("connected") && !status.contains(secret), "\(status)")
                let pid = try await machine.property("MainPID")
                let open = try await machine.expect("cat", "/proc/\(pid)/environ", "/proc/\(pid)/cmdline")
                #expect(!open.contains(secret))
                let core = try await machine.expect("grep", "core file", "/proc/\(pid)/limits")
                #expect(
                    core.split(separator: " ").map(String.init).suffix(3) == ["0", "0", "bytes"], "no core is made")
            }
            let told = try await machine.run("journalctl", "--no-pager", "-o", "export", "--all").output
            #expect(told.contains("MIGRATED_DATABASE=\(database)") && !told.contains(secret))
        }

        /// A database that is only reached with a password.
        private func makeGuarded(_ name: String, on machine: Machine) async throws {
            try await machine.sql("create role \(name) login password 'geheim-\(name)'")
            try await machine.sql("create database \(name) owner \(name)")
            let script = """
                sed -i '1i local \(name) \(name) scram-sha-256' /var/lib/postgresql/data/pg_hba.conf
                """
            try await machine.expect("sh", "-c", script)
            try await machine.sql("select pg_reload_conf()")
        }

        private func configure(_ name: String, url: String, on machine: Machine) throws {
            try machine.write(
                """
                [database.\(name)]
                url = "\(url)"
                [database.\(name).backup]
                min_free = "1MiB"
                """, to: "/etc/migrated/migrated.toml.d/\(name).toml")
        }

        @Test("LoadCredential= of a url, which configures the database altogether")
        func url() async throws {
            let machine = try Machine.ofSuite
            try await makeGuarded("byurl", on: machine)
            try machine.write("postgresql://byurl:geheim-byurl@/byurl\n", to: "/etc/byurl.secret")
            try await machine.expect("chmod", "600", "/etc/byurl.secret")
            try await expectSecret(
                "geheim-byurl", on: machine,
                dropIn: "[Service]\nLoadCredential=database.byurl.url:/etc/byurl.secret\n", database: "byurl")
        }

        @Test("SetCredential= and LoadCredentialEncrypted= of a password")
        func password() async throws {
            let machine = try Machine.ofSuite
            try await makeGuarded("byset", on: machine)
            try configure("byset", url: "postgresql://byset@/byset", on: machine)
            try await expectSecret(
                "geheim-byset", on: machine,
                dropIn: "[Service]\nSetCredential=database.byset.password:geheim-byset\n", database: "byset")
            try await machine.expect(
                "sh", "-c",
                """
                mkdir -p /etc/credstore.encrypted && printf geheim-byset |
                    systemd-creds encrypt --with-key=host --name=database.byset.password - /etc/credstore.encrypted/byset
                """)
            try await expectSecret(
                "geheim-byset", on: machine,
                dropIn: """
                    [Service]
                    LoadCredentialEncrypted=database.byset.password:/etc/credstore.encrypted/byset

                    """, database: "byset")
            try await machine.expect("rm", "/etc/migrated/migrated.toml.d/byset.toml")
            try await machine.expect("systemctl", "reload-or-restart", "migrated.service")
        }

        @Test("the password file of the daemon's user, and a service file, as libpq has them")
        func files() async throws {
            let machine = try Machine.ofSuite
            try await makeGuarded("byfile", on: machine)
            try configure("byfile", url: "postgresql://byfile@/byfile", on: machine)
            let script = """
                echo 'localhost:*:*:byfile:geheim-byfile' > /var/lib/migrated/.pgpass
                chown migrated:migrated /var/lib/migrated/.pgpass && chmod 600 /var/lib/migrated/.pgpass
                """
            try await machine.expect("sh", "-c", script)
            try await expectSecret("geheim-byfile", on: machine, dropIn: "[Service]\n", database: "byfile")

            try await makeGuarded("byservice", on: machine)
            try configure("byservice", url: "postgresql:///?service=theirs", on: machine)
            try machine.write(
                "[theirs]\nuser=byservice\ndbname=byservice\npassword=geheim-byservice\n", to: "/etc/services.conf")
            try await machine.expect("chown", "migrated", "/etc/services.conf")
            try await machine.expect("chmod", "600", "/etc/services.conf")
            try await expectSecret(
                "geheim-byservice", on: machine,
                dropIn: "[Service]\nEnvironment=PGSERVICEFILE=/etc/services.conf\n", database: "byservice")
            try await machine.expect(
                "rm", "/etc/migrated/migrated.toml.d/byfile.toml", "/etc/migrated/migrated.toml.d/byservice.toml")
            try await machine.expect("systemctl", "reload-or-restart", "migrated.service")
        }

        @Test("the programs that are started, and the copy, are told no password in environment or arguments")
        func children() async throws {
            let machine = try Machine.ofSuite
            try await makeGuarded("bychild", on: machine)
            try await machine.sql("create schema authorization bychild", in: "bychild")
            try machine.write(
                Site.text(of: .init("slow", "SELECT pg_sleep(5)"), after: "none"), to: "/srv/bychild/slow.sql")
            try machine.write(
                """
                [database.bychild]
                url = "postgresql://bychild@/bychild"
                migrations = "/srv/bychild"
                approvals = 0
                [database.bychild.backup]
                min_free = "1MiB"
                """, to: "/etc/migrated/migrated.toml.d/bychild.toml")
            // Each writes down what it was started with, and is then what it is called.
            let seen = "/run/migrated/daemon/seen"
            let spy = """
                for program in /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore; do
                    [ -x "$program" ] && mv "$program" "$program.own" || continue
                    cat > "$program" << 'SPY'
                #!/bin/sh
                { tr '\\0' '\\n' < /proc/$$/environ; printf '%s\\n' "$0" "$@"; } >> \(seen) 2> /dev/null
                exec "$0.own" "$@"
                SPY
                    chmod 755 "$program"
                done
                """
            try await machine.expect("bash", "-c", spy)
            let dropIn = """
                [Service]
                SetCredential=database.bychild.password:geheim-bychild
                Environment=PGPASSWORD=geheim-environment

                """
            try await machine.withDropIn(dropIn) {
                try await machine.expect("migratectl", "-d", "bychild", "upgrade", "--no-block")
                let copy = try await machine.stoppedCopy(of: "bychild")
                let group = try await machine.expect("sed", "-n", "s/^0:://p", "/proc/\(copy)/cgroup")
                // A server's processes come and go meanwhile.
                let script = """
                    for pid in $(cat "/sys/fs/cgroup$1/cgroup.procs"); do
                        cat /proc/$pid/environ /proc/$pid/cmdline 2> /dev/null || true
                    done
                    """
                let inCopy = try await machine.expect("bash", "-c", script, "bash", group)
                #expect(inCopy.contains("postgres") && !inCopy.contains("geheim"))
                try await machine.expect("kill", "-CONT", copy)
                let site = Site(machine: machine, name: "bychild")
                try await site.waitForJob("succeeded")
                let words = try await machine.expect("cat", seen)
                for program in ["pg_dump", "pg_restore"] {
                    #expect(words.contains("/bin/\(program)\n"), "\(program) was started: \(words)")
                }
                #expect(words.contains("passfile=") && !words.contains("geheim"), "\(words)")
                #expect(try await machine.run("find", "/run/migrated/daemon", "-name", "pgpass").text == "")
            }
            let back = "for program in /usr/lib/postgresql/*/bin/*.own; do mv $program ${program%.own}; done"
            try await machine.expect("bash", "-c", back)
            try await machine.expect("rm", "/etc/migrated/migrated.toml.d/bychild.toml")
            try await machine.expect("systemctl", "reload-or-restart", "migrated.service")
            let told = try await machine.run("journalctl", "--no-pager", "-o", "export", "--all").output
            #expect(!told.contains("geheim"))
        }

        @Test("a client certificate whose key is a credential, over TCP with the drop-in that is shipped for that")
        func certificate() async throws {
            let machine = try Machine.ofSuite
            try await machine.sql("create role bycert login")
            try await machine.sql("create database bycert owner bycert")
            let script = """
                set -e
                mkdir -p /etc/pki && cd /etc/pki
                openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2
                for name in localhost bycert; do
                    openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
                    openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $name.crt -days 2
                done
                chmod 644 *.crt && chmod 600 *.key && chown postgres localhost.key
                cd /var/lib/postgresql/data
                sed -i '1i hostssl bycert bycert 127.0.0.1/32 cert' pg_hba.conf
                {
                    echo "ssl = on"
                    echo "ssl_ca_file = '/etc/pki/ca.crt'"
                    echo "ssl_cert_file = '/etc/pki/localhost.crt'"
                    echo "ssl_key_file = '/etc/pki/localhost.key'"
                } >> postgresql.conf
                sed -i 's/ -c listen_addresses=//' /etc/systemd/system/postgresql.service
                systemctl daemon-reload
                systemctl restart postgresql.service
                cp /usr/share/doc/migrated/network.conf /etc/systemd/system/migrated.service.d/network.conf
                """
            try await machine.expect("mkdir", "-p", "/etc/systemd/system/migrated.service.d")
            try await machine.expect("sh", "-c", script)
            let key = "/run/credentials/migrated.service/bycert.key"
            try configure(
                "bycert",
                url:
                    "postgresql://bycert@localhost/bycert?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=/etc/pki/ca.crt"
                    + "&sslcert=/etc/pki/bycert.crt&sslkey=\(key)", on: machine)
            try await machine.withDropIn("[Service]\nLoadCredential=bycert.key:/etc/pki/bycert.key\n") {
                let taken = try await machine.run("migratectl", "-d", "bycert", "backup")
                #expect(taken.status == 0, "\(taken)")
                let who = "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'bycert'"
                #expect(try await machine.sql(who).hasPrefix("t"))
            }
            try await machine.expect(
                "rm", "/etc/migrated/migrated.toml.d/bycert.toml",
                "/etc/systemd/system/migrated.service.d/network.conf")
            try await machine.expect("systemctl", "daemon-reload")
            try await machine.expect("systemctl", "restart", "migrated.service")
        }
    }
}
