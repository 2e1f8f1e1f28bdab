import FoundationEssentials
import Glibc
import Testing

/// What booting a machine needs, and what of it this one lacks.
enum Requirements {
    /// Why no machine can be booted here; nil where one can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "booting a machine needs root" }
        if !missingPackages.isEmpty { return "not installed: \(missingPackages.joined(separator: " "))" }
        if !mayAdministrate { return "booting a machine needs the right to mount and to unshare (CAP_SYS_ADMIN)" }
        return nil
    }()

    /// Whether root is root, rather than one that a container has bound hand and foot.
    private static var mayAdministrate: Bool {
        guard let status = try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("CapEff:") }),
            let capabilities = UInt64(line.dropFirst(7).drop(while: \.isWhitespace), radix: 16)
        else { return false }
        return capabilities & 1 << 21 != 0
    }

    /// Debian's packages that are not there, by a program of each.
    static let missingPackages: [String] = {
        let programs = [
            ("systemd", "/lib/systemd/systemd"), ("dbus", "/usr/bin/dbus-daemon"), ("iproute2", "/sbin/ip"),
            ("make", "/usr/bin/make"),
        ]
        var missing = programs.filter { access($0.1, X_OK) != 0 }.map(\.0)
        let hasServer = (13...30).contains { access("/usr/lib/postgresql/\($0)/bin/initdb", X_OK) == 0 }
        if !hasServer { missing.append("postgresql") }
        return missing
    }()

    static var isContinuousIntegration: Bool { getenv("CI").map { String(cString: $0) == "true" } ?? false }
}

extension Trait where Self == ConditionTrait {
    /// Skips where no machine can be booted, and says why.
    static var whereMachinesBoot: Self {
        .disabled(if: Requirements.obstacle != nil, Comment(rawValue: Requirements.obstacle ?? ""))
    }
}

@Suite struct RequirementTests {
    @Test("continuous integration has what the system tests need: skipping there is failing")
    func nothingIsMissing() {
        guard Requirements.isContinuousIntegration, geteuid() == 0 else { return }
        #expect(Requirements.missingPackages == [], "run: make deps")
        #expect(Requirements.obstacle == nil)
    }
}
