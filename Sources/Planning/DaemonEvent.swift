/// What happens to the daemon rather than to a job: only the journal has it, under a MESSAGE_ID that `journalctl -x`
/// explains from the message catalogue.
public enum DaemonEvent: String, Sendable, Hashable, CaseIterable {
    case daemonStarted = "daemon-started"
    case daemonStopping = "daemon-stopping"
    case loopStalled = "loop-stalled"
    case settingsReloaded = "settings-reloaded"
    case settingsRefused = "settings-refused"
    case databaseConnected = "database-connected"
    case databaseUnavailable = "database-unavailable"
    case databaseReleased = "database-released"
    case registryMismatch = "registry-mismatch"
    case directoryChanged = "directory-changed"
    case directoryBroken = "directory-broken"
    case revisionGuessed = "revision-guessed"
    case approvalGiven = "approval-given"
    case approvalRevoked = "approval-revoked"
    case cancelRequested = "cancel-requested"
    case schemaDrifted = "schema-drifted"
    case schemaAsLeft = "schema-as-left"

    /// The journal's MESSAGE_ID.
    public var messageID: String {
        switch self {
        case .daemonStarted: "5c197825672e366884136e8d13b5a05d"
        case .daemonStopping: "a7c6c8853bfb9eca132129fbc985e8ae"
        case .loopStalled: "4f0e6d1b9a7c4d25b83f5a1c9e7d2604"
        case .settingsReloaded: "30c326b3746aec04fb46c324c45679b7"
        case .settingsRefused: "a7297ff9f4a8d383803f21d7bf9ea96b"
        case .databaseConnected: "5fe583df0d64aff4c3272df8e106df18"
        case .databaseUnavailable: "a7f48496ac8b4c3d0b64c4ec0729151f"
        case .databaseReleased: "0c7d93e6a2b94f18b5d1e84f6a3c2b79"
        case .registryMismatch: "f15b04c10b6cf2bf30fa9d4ba56f86d9"
        case .directoryChanged: "f321249f2e8ac793a0609f53bcc3ccce"
        case .directoryBroken: "a2bb0d13c3b409198efa990825d29a58"
        case .revisionGuessed: "98c1611465b87c8da2471104be9256e9"
        case .approvalGiven: "87bd6985b5e92a0128984a61845866b8"
        case .approvalRevoked: "324d89b55753d9c3ff40f9a2cd9b4064"
        case .schemaDrifted: "4f1d9a0c5b7e4863a2e1c0d97b5f3a68"
        case .schemaAsLeft: "9c2b7e51d04f4a6e8b3d5f7a1c9e0264"
        case .cancelRequested: "b61f0a7d3e5c48d29a84c7f2e9d05b13"
        }
    }

    /// The fields, besides what every entry has, that each entry of this kind has and the catalogue may name.
    public var fields: Set<String> {
        switch self {
        case .daemonStarted: ["MIGRATED_VERSION", "MIGRATED_DATABASES"]
        case .daemonStopping, .settingsReloaded, .settingsRefused: []
        case .loopStalled: ["MIGRATED_LOOP"]
        case .databaseConnected, .databaseUnavailable, .registryMismatch, .directoryChanged, .directoryBroken:
            ["MIGRATED_DATABASE"]
        case .revisionGuessed: ["MIGRATED_DATABASE", "MIGRATED_REVISION"]
        case .databaseReleased: ["MIGRATED_DATABASE", "MIGRATED_USER"]
        case .schemaDrifted, .schemaAsLeft: ["MIGRATED_DATABASE"]
        case .approvalGiven, .approvalRevoked: ["MIGRATED_DATABASE", "MIGRATED_REVISION", "MIGRATED_USER"]
        case .cancelRequested: ["MIGRATED_DATABASE", "MIGRATED_JOB", "MIGRATED_USER"]
        }
    }
}
