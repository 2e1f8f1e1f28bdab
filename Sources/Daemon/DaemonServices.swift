import Configuration
import Control
import Engine
import Faults
import Glibc
import Host
import Logging
import Planning
import PostgresClient
import ServiceLifecycle
import Synchronization
import Systemd
import UnixSignals
import Varlink

/// The wiring of the daemon: which services run, in which order they end, and what a reload does.
struct DaemonServices: Sendable {
    let loader: SettingsLoader
    let settings: Settings
    let logger: Logger
    /// The single call that the daemon serves; nil for one that stays.
    let errand: Errand?

    func run() async throws {
        // Before anybody can take us for ready: until it is trapped, SIGHUP would end the program.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        // Made first, so that root's daemon lets the user pass who serves the clusters in it; what is in there protects itself.
        try? DirectoryTree.makePassable(settings.daemon.stateDirectory)
        let clusters = EmbeddedClusters(logger: logger)
        let throwAway: ThrowAwayDatabase? =
            if let place = errand?.throwAway, let database = settings.databases.first {
                try await ThrowAwayDatabase.make(at: place, for: database)
            } else {
                nil
            }
        let result: Result<Void, any Error>
        do {
            result = .success(try await run(clusters, hangups, throwAway))
        } catch {
            result = .failure(error)
        }
        await clusters.stop()
        await throwAway?.destroy()
        try result.get()
    }

    private func run(
        _ clusters: EmbeddedClusters, _ hangups: UnixSignalsSequence, _ throwAway: ThrowAwayDatabase?
    ) async throws {
        let notifier = ServiceNotifier()
        let watchdog = Watchdog { [logger] stalls in
            for stall in stalls where !stall.isKnown {
                logger.critical(
                    "the loop \"\(stall.name)\" hangs: nothing from it for \(stall.silence.components.seconds) s",
                    metadata: ["message-id": "\(DaemonEvent.loopStalled.messageID)", "loop": "\(stall.name)"])
            }
        }
        let databases = DatabaseSet(
            watchdog: watchdog, notifier: notifier, logger: logger, faults: FaultSetting.plan())
        let reloading = Reloading(
            loader: loader, running: settings, databases: databases, clusters: clusters, notifier: notifier,
            logger: logger, isErrand: errand != nil, throwAway: throwAway?.connection)
        _ = await databases.apply(try await reloading.configurations(of: settings))
        let handlers = Handlers(
            databases: databases, startedAt: SystemClock.now(), reloading: reloading, watchdog: watchdog)
        let server = ControlService(
            server: Varlink.Server(
                information: ServiceInformation(
                    vendor: "migrated", product: "migrated", version: ProgramVersion.current,
                    url: "https://github.com/migrated/migrated"),
                interfaces: [try ControlInterface.interface()], handlers: handlers.all,
                translateError: { VarlinkError(translating: $0) }),
            socket: try listeningSocket(), notifier: notifier, databases: databases, logger: logger,
            longestStop: longestStop, errand: errand, watchdog: watchdog)

        // Ended in the reverse order: first nobody is let in, then the databases come to a safe end, watched to the last.
        let services: [any Service] = [
            watchdog, databases, server, HangupService(reloading: reloading, hangups: hangups),
        ]
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: Self.quiet)
        configuration.maximumGracefulShutdownDuration = longestStop
        try await ServiceGroup(configuration: configuration).run()
        logger.notice("stopped")
    }

    /// How long a stop may take: the patience with a running job, and time to take it back.
    private var longestStop: Duration { settings.daemon.stopTimeout + .seconds(20) }

    /// systemd's socket where it hands one over, else one of our own.
    private func listeningSocket() throws -> ListeningSocket {
        let handed = ActivatedSockets.take()
        if let descriptor = handed["varlink"] ?? handed.values.first { return .descriptor(descriptor) }
        let path = settings.daemon.socket
        try DirectoryTree.make(FilePaths.split(path).parent, mode: 0o755)
        var group: UInt32?
        if let name = settings.access.socketGroup {
            group = getgrnam(name)?.pointee.gr_gid ?? UInt32(name)
            if group == nil {
                throw Failure(
                    .settingsInvalid, "cannot listen: the group \"\(name)\" does not exist",
                    hint: "create it, or mend socket_group in [access]")
            }
        }
        return .path(path, mode: settings.access.socketMode, group: group)
    }

    /// The service group's own log is of no use to those who run the daemon.
    private static let quiet = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
}

/// The control socket as a service: tells the service manager when it can be used, and when it no longer can.
private struct ControlService: Service {
    let server: Varlink.Server
    let socket: ListeningSocket
    let notifier: ServiceNotifier
    let databases: DatabaseSet
    let logger: Logger
    let longestStop: Duration
    let errand: Errand?
    let watchdog: Watchdog

    func run() async throws {
        let listening = socket
        let turning = Task { await turn() }
        defer { turning.cancel() }
        do {
            try await cancelWhenGracefulShutdown {
                try await server.run(on: listening) {
                    notifier.ready(status: databases.statusLine)
                    try? errand?.tellReady()
                    logger.notice(
                        "ready, version \(ProgramVersion.current)",
                        metadata: [
                            "message-id": "\(DaemonEvent.daemonStarted.messageID)",
                            "version": "\(ProgramVersion.current)",
                            "databases": "\(databases.engines.map(\.configuration.name).joined(separator: " "))",
                        ])
                }
            }
        } catch is CancellationError {
            // Asked to end.
        } catch let error as ListenError {
            throw Failure(
                .daemonUnavailable, "cannot listen: \(error)",
                hint: "see whether another migrated runs: migratectl status")
        }
        notifier.stopping(status: "stopping")
        // A running job is brought to a safe end, whatever the unit thinks of how long a stop should take.
        if databases.engines.contains(where: \.isWorking) { notifier.extendTimeout(longestStop + .seconds(5)) }
        logger.notice("stopping", metadata: ["message-id": "\(DaemonEvent.daemonStopping.messageID)"])
    }
}

extension ControlService {
    /// Reports that the socket is served, for as long as the thread that serves it goes round.
    private func turn() async {
        guard let interval = watchdog.beatInterval else { return }
        let heartbeat = watchdog.supervise("control socket")
        while (try? await Task.sleep(for: interval)) != nil {
            await server.turn { FaultPoint.hang("control") }
            heartbeat.report()
        }
        heartbeat.end()
    }
}

/// SIGHUP means: read the settings anew.
private struct HangupService: Service {
    let reloading: Reloading
    let hangups: UnixSignalsSequence

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in hangups {
                do {
                    _ = try await reloading.run()
                } catch {
                    // Logged where it was refused.
                }
            }
        }
    }
}
