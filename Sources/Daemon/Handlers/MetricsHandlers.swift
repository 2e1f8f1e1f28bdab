import Control
import Engine
import Planning
import Systemd

extension Handlers {
    func getMetrics(_ parameters: GetMetrics.Parameters) async throws -> GetMetrics.Reply {
        let engines = try parameters.database.map { [try databases.engine($0)] } ?? databases.engines
        // Side by side: one that is slow to be reached must not add to the others' time.
        let figures = await withTaskGroup(of: DatabaseMetrics.self) { group in
            for engine in engines { group.addTask { await DatabaseMetrics.of(engine) } }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.status.name < $1.status.name }
        }
        var metrics = OpenMetricsText()
        metrics.add(
            "migrated", .info, "The daemon.",
            [.init(suffix: "_info", labels: [("version", ProgramVersion.current)], value: 1)])
        metrics.add(
            "migrated_start_time_seconds", .gauge, unit: "seconds", "When the daemon started.",
            [.init(value: startedAt.seconds)])
        let margin = watchdog.margin().map { Double($0.components.seconds) + Double($0.components.attoseconds) / 1e18 }
        metrics.add(
            "migrated_watchdog_margin_seconds", .gauge, unit: "seconds",
            "How much time the loop that is nearest to being late has left.", margin.map { [.init(value: $0)] } ?? [])
        metrics.add(figures, now: SystemClock.now())
        return GetMetrics.Reply(text: metrics.text)
    }
}
