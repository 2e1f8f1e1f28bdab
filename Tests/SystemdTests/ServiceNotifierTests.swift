import Glibc
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import Systemd

/// What a real socket hears; each service is a process of its own, because the environment is a process's.
@Suite(.timeLimit(.minutes(15))) struct ServiceNotifierTests {
    @Test func saysEverythingInTheProtocolsWords() async throws {
        let manager = try FakeServiceManager()
        await #expect(processExitsWith: .success) { [path = manager.path as String] in
            setenv("NOTIFY_SOCKET", path, 1)
            let notifier = ServiceNotifier()
            #expect(notifier.isListenedTo)
            notifier.status("waits for\nREADY=1 the lock")
            notifier.ready(status: "works")
            notifier.extendTimeout(.milliseconds(1500))
            notifier.watchdog()
            notifier.reloading()
            notifier.ready()
            notifier.failed(code: ENOSPC)
            notifier.stopping()
        }
        #expect(await manager.next()?.description == "STATUS=waits for READY=1 the lock")
        #expect(await manager.next()?.description == "READY=1\nSTATUS=works")
        #expect(await manager.next()?.description == "EXTEND_TIMEOUT_USEC=1500000")
        #expect(await manager.next()?.description == "WATCHDOG=1")
        let reload = try #require(await manager.next())
        #expect(reload["RELOADING"] == "1")
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = try #require(reload["MONOTONIC_USEC"].flatMap { Int($0) })
        #expect(microseconds <= now.tv_sec * 1_000_000 + now.tv_nsec / 1000)
        #expect(microseconds > (now.tv_sec - 60) * 1_000_000)
        #expect(await manager.next()?.description == "READY=1")
        #expect(await manager.next()?.description == "ERRNO=\(ENOSPC)")
        #expect(await manager.next()?.description == "STOPPING=1")
    }

    @Test func isSilentWithoutAServiceManager() async {
        await #expect(processExitsWith: .success) {
            unsetenv("NOTIFY_SOCKET")
            #expect(!ServiceNotifier().isListenedTo)
            ServiceNotifier().ready()
            // One that is gone is no reason to fail either.
            setenv("NOTIFY_SOCKET", "/no/such/socket", 1)
            ServiceNotifier().ready()
        }
    }

    @Test func keepsAnAssignmentOneLine() {
        #expect(ServiceNotifier.assignment("STATUS", "a\nb\u{2028}c\u{85}d\te") == "STATUS=a b c\u{85}d e")
        #expect(ServiceNotifier.microseconds(.seconds(-1)) == 0)
        #expect(ServiceNotifier.microseconds(.seconds(Int64.max)) == .max)
    }
}

@Suite(.timeLimit(.minutes(15))) struct WatchdogTests {
    private let start = SuspendingClock().now

    @Test func aLoopThatIsLateIsAStall() {
        let ledger = HeartbeatLedger()
        let slow = ledger.enter("slow", within: .seconds(30), now: start)
        _ = ledger.enter("quick", within: .seconds(1), now: start)
        #expect(ledger.stalls(now: start + .seconds(1)).isEmpty)
        #expect(ledger.stalls(now: start + .seconds(2)).map(\.name) == ["quick"])
        let both = ledger.stalls(now: start + .seconds(31))
        #expect(both.map(\.name) == ["slow", "quick"])
        #expect(both[0].silence == .seconds(31))
        ledger.report(slow, isIdle: false, now: start + .seconds(31))
        #expect(ledger.stalls(now: start + .seconds(32)).map(\.name) == ["quick"])
    }

    @Test func aLoopThatWaitsOrHasEndedIsNotSupervised() {
        let ledger = HeartbeatLedger()
        let loop = ledger.enter("loop", within: .seconds(1), now: start)
        ledger.report(loop, isIdle: true, now: start)
        #expect(ledger.stalls(now: start + .seconds(1000)).isEmpty)
        ledger.report(loop, isIdle: false, now: start + .seconds(1000))
        #expect(ledger.stalls(now: start + .seconds(1002)).count == 1)
        ledger.leave(loop)
        #expect(ledger.stalls(now: start + .seconds(5000)).isEmpty)
    }

    @Test func aHeartbeatThatNobodyHoldsIsNotSupervised() async {
        let watchdog = Watchdog(interval: .seconds(1))
        do {
            let beat = watchdog.supervise("short", within: .nanoseconds(1))
            #expect(watchdog.stalls().map(\.name) == ["short"])
            await beat.whileIdle { #expect(watchdog.stalls().isEmpty) }
            #expect(watchdog.stalls().map(\.name) == ["short"])
            beat.end()
            #expect(watchdog.stalls().isEmpty)
        }
        _ = watchdog.supervise("dropped", within: .nanoseconds(1))
        #expect(watchdog.stalls().isEmpty)
    }

    @Test func petsWhileAllAreWellAndStopsWhenOneIsNot() async {
        await #expect(processExitsWith: .success) {
            let manager = try FakeServiceManager()
            setenv("NOTIFY_SOCKET", manager.path, 1)
            setenv("WATCHDOG_USEC", "40000", 1)
            setenv("WATCHDOG_PID", "\(getpid())", 1)
            #expect(Watchdog.configuredInterval() == .milliseconds(40))
            let (stalls, sink) = AsyncStream<[Watchdog.Stall]>.makeStream()
            let watchdog = Watchdog(onStall: { sink.yield($0) })
            let hung = watchdog.supervise("hung", within: .milliseconds(200))
            let group = ServiceGroup(services: [watchdog], logger: Logger(label: "test"))
            let running = Task { try await group.run() }
            #expect(await manager.next("WATCHDOG") == "1")
            // It reports no more, so that rounds without a pet come; then it does.
            var rounds = 0
            for await late in stalls {
                #expect(late.map(\.name) == ["hung"])
                if rounds == 0 { ServiceNotifier().status("stalled") }
                rounds += 1
                if rounds == 4 { break }
            }
            ServiceNotifier().status("better")
            hung.report()
            _ = await manager.next { $0["STATUS"] == "better" }
            #expect(await manager.next("WATCHDOG") == "1")
            let said = manager.messages.map(\.description)
            let stalled = try #require(said.firstIndex(of: "STATUS=stalled"))
            #expect(said.firstIndex(of: "STATUS=better") == stalled + 1)
            await group.triggerGracefulShutdown()
            try await running.value
        }
    }

    @Test func withoutAWatchdogItOnlyWaits() async throws {
        await #expect(processExitsWith: .success) {
            unsetenv("WATCHDOG_USEC")
            let watchdog = Watchdog()
            #expect(watchdog.interval == nil)
            let running = Task { try await watchdog.run() }
            running.cancel()
            try await running.value
        }
    }
}
