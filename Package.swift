// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

func target(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

// Whatever a program links with is looked up at each of its starts, and a client is over in the time of that. So what can
// be inside is: C++'s library and the compiler's, of which `make release` puts the archives where they are found first. Nor
// does anybody look up names in a program: to offer them all, as it is done for plugins, costs as much again.
let archives = Context.packageDirectory + "/.build/archives"
let shipped: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "--no-export-dynamic", "-Xclang-linker", "-static-libgcc", "-L\(archives)"],
        .when(configuration: .release))
]

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict, linkerSettings: shipped)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = [])
    -> Target
{
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "migrated",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // The ground floor, domain: pure values; no I/O, no clock, no Foundation.
        .systemLibrary(name: "CCrypto"),
        target("Digest", ["CCrypto"]),
        .systemLibrary(name: "CIsal", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        target("Gzip", ["CIsal"]),
        target("SQLText", []),
        target("Revisions", ["SQLText", "Digest"]),
        target("SchemaModel", ["SQLText"]),
        target("Planning", ["Revisions", "SQLText", "Digest"]),

        // Where tests may end a program; the adapters and the floors above pass its points.
        target("Faults", []),
        // Who waits, and for what: the adapters say so, the floors above ask.
        target("Liveness", []),

        // The ground floor, adapters: one outside thing each.
        .target(name: "CLibPQ"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        target("PostgresClient", ["CLibPQ", "Faults", "Liveness"]),
        target("Introspection", ["SchemaModel", "PostgresClient"]),
        target("Varlink", [nioCore, nioPosix]),
        target("Host", ["CLinux", "Faults", "Liveness", subprocess]),
        target("Systemd", ["CSystemd", logging, lifecycle]),

        // The first floor.
        target("Configuration", ["Planning", "Revisions", "SchemaModel", toml]),
        target("Control", ["Planning", "Revisions", "Digest", "Varlink", "Faults"]),
        target(
            "Engine",
            [
                "Planning", "Revisions", "SchemaModel", "SQLText", "Digest", "Gzip", "Introspection", "PostgresClient",
                "Host", "Faults", "Liveness", logging,
            ]),

        // The second floor.
        target(
            "Daemon",
            [
                "Engine", "Control", "Configuration", "Varlink", "Systemd", "Planning", "Revisions", "Digest",
                "PostgresClient", "Host", "Faults", logging, lifecycle, signals, arguments,
            ]),
        target(
            "Commands",
            [
                "SchemaModel", "Introspection", "PostgresClient", "Control", "Configuration", "Varlink", "Planning",
                "Revisions", "SQLText", "Digest", "Host", arguments,
            ], resources: [.embedInCode("Import/read_alembic.py")]),

        // The roof.
        program("migrated", ["Daemon"]),
        program("migratectl", ["Commands"]),
        program("migrated-torture", ["Torture", arguments]),

        // Tests.
        target("TestSupport", ["Control", "Planning", "PostgresClient", "Digest"]),
        target("Torture", ["Control", "Planning", "Revisions", "PostgresClient", "TestSupport"]),
        tests("DigestTests", ["Digest"]),
        tests("GzipTests", ["Gzip"]),
        tests("LivenessTests", ["Liveness"]),
        tests("SQLTextTests", ["SQLText"]),
        tests("RevisionsTests", ["Revisions", "SQLText", "Digest"], exclude: ["Oracle"]),
        tests("PlanningTests", ["Planning", "Revisions", "SQLText", "Digest"]),
        tests(
            "EngineTests",
            [
                "Engine", "Planning", "Revisions", "SQLText", "Digest", "PostgresClient", "Host", "Gzip", "TestSupport",
                logging,
            ]),
        tests("PostgresClientTests", ["PostgresClient", "TestSupport"]),
        tests("IntrospectionTests", ["Introspection", "SchemaModel", "PostgresClient", "Host", "TestSupport"]),
        tests("VarlinkTests", ["Varlink", "Control", "TestSupport", nioCore, nioPosix]),
        tests("HostTests", ["Host", "TestSupport"]),
        tests("SystemdTests", ["Systemd", "TestSupport", logging, lifecycle]),
        tests("ConfigurationTests", ["Configuration", "Planning", "Revisions", "SchemaModel", toml]),
        tests("ControlTests", ["Control", "Varlink", "Planning", "Revisions", "Digest"]),
        tests(
            "CommandsTests",
            ["Commands", "Control", "Varlink", "Planning", "Revisions", "SQLText", "Digest", "Host"],
            exclude: ["Alembic", "Models"]),
        tests(
            "DaemonTests",
            [
                "Daemon", "Control", "Varlink", "Planning", "Revisions", "Digest", "PostgresClient", "TestSupport",
                "migrated", "migratectl",
            ], exclude: ["AlembicProjects", "DiskShim"]),
        tests(
            "TortureTests",
            ["Torture", "TestSupport", "Control", "Planning", "PostgresClient", "migrated", "migratectl"]),
        tests("TidyTests", []),
        tests("SystemTests", ["migrated", "migratectl", "TestSupport", subprocess], exclude: ["scripts"]),
    ]
)
