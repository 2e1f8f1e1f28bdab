/// How long a client goes on when it loses the daemon in the middle of something. With socket activation a restart only
/// makes callers wait; without it there is a moment with no socket at all.
public struct Patience: Sendable {
    /// The pauses before each new attempt; after the last one the client gives up.
    public var pauses: [Duration]
    /// How long one attempt to connect may take.
    public var connecting: Duration
    /// What waits; a test's own does not.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        pauses: [Duration] = Self.standardPauses, connecting: Duration = .seconds(5),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.pauses = pauses
        self.connecting = connecting
        self.sleep = sleep
    }

    /// Quick at first, then every two seconds: half a minute in all.
    public static let standardPauses: [Duration] =
        [50, 100, 200, 400, 800, 1_500].map { .milliseconds($0) } + Array(repeating: .seconds(2), count: 14)
}
