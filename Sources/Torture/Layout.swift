import TestSupport

/// What a story begins with: a database and a daemon's directory, laid out once and the same each time it is played.
struct Layout: Sendable {
    private let story: Story
    private let database: KeptDatabase
    /// What the daemons of the prelude have left.
    private let state: String

    /// Lays it out for the body.
    static func with<R: Sendable>(
        _ story: Story, _ tally: Tally, _ body: @Sendable (Layout) async throws -> R
    ) async throws -> R {
        let layout = try await make(story, tally)
        let result = try await body(layout)
        try await layout.database.drop()
        return result
    }

    private static func make(_ story: Story, _ tally: Tally) async throws -> Layout {
        let cluster = try await TestCluster.shared
        let database = try await cluster.makeDatabase()
        let state = "\(cluster.socketDirectory)/state_of_\(database.name)"
        try await withHarness { harness in
            let stage = Stage(harness: harness, database: database, tally: tally)
            try await Story.makeTables(in: database)
            try story.furnish(harness, for: database)
            try await story.prelude?(stage)
            try await harness.keepState(at: state)
        }
        return Layout(story: story, database: try await KeptDatabase(database), state: state)
    }

    /// Gives the body a stage of its own. There is one at a time.
    func withStage<R: Sendable>(_ tally: Tally, _ body: @Sendable (Stage) async throws -> R) async throws -> R {
        try await database.withDatabase { database in
            try await withHarness { harness in
                try story.furnish(harness, for: database)
                try await harness.takeState(from: state)
                return try await body(Stage(harness: harness, database: database, tally: tally))
            }
        }
    }
}
