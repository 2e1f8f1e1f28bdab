import Planning
import Testing

@testable import Commands

@Suite("Live progress, by an injected clock and a fixed width")
struct ProgressViewTests {
    private func view() -> ProgressView {
        var view = ProgressView(
            signs: ProgressView.Signs(environment: ["LANG": "C.UTF-8"]), painter: Painter(isEnabled: false))
        view.apply(Samples.job(.queued, steps: 3))
        return view
    }

    private func progress(_ sequence: Int64, _ mebibytes: Int64, at milliseconds: Int64) -> JobEvent {
        Samples.event(
            sequence, .backupProgress, .backingUp, "taking a backup", at: milliseconds,
            progress: .init(unit: "bytes", done: mebibytes << 20, total: 80 << 20, phase: "messages"))
    }

    @Test("a bar with rate and time left")
    func bar() {
        var view = view()
        #expect(view.apply(Samples.event(1, .backupStarted, .backingUp, "taking a backup")).isEmpty)
        #expect(
            view.liveLines(width: 79, now: Samples.later(500)) == [
                "main-41 · upgrade head · backing up · 0 of 3 revisions · 0 s", "  taking a backup",
            ])
        #expect(view.apply(progress(2, 10, at: 1000)).isEmpty)
        #expect(view.apply(progress(3, 30, at: 3000)).isEmpty)
        #expect(
            view.liveLines(width: 100, now: Samples.later(3000)) == [
                "main-41 · upgrade head · backing up · 0 of 3 revisions · 3 s", "  taking a backup",
                "  ███████░░░░░░░░░░░░░  37%  30.0 MiB of 80.0 MiB  10.0 MiB/s  5 s left  messages",
            ])
        #expect(
            view.liveLines(width: 64, now: Samples.later(4000))[2]
                == "  ███████░░░░░░░░░░░░░  37%  30.0 MiB of 80.0 MiB  10.0 MiB/s")
        #expect(view.liveLines(width: 20, now: Samples.later(4000)).allSatisfy { $0.columns <= 20 })
    }

    @Test(
        "restores, also those of rehearsals, have a bar; each of their stages begins anew",
        arguments: [
            (JobEvent.Kind.restoreProgress, JobState.applying), (.rehearsalProgress, .rehearsing),
        ])
    func restoring(_ kind: JobEvent.Kind, _ state: JobState) {
        var view = view()
        _ = view.apply(Samples.event(1, kind, state, "restoring main-1", at: 0))
        for (sequence, seconds) in [(Int64(2), Int64(1)), (3, 3)] {
            _ = view.apply(
                Samples.event(
                    sequence, kind, state, "restoring", at: seconds * 1000,
                    progress: .init(unit: "blocks", done: seconds * 1000, total: 5000, phase: "index on t")))
        }
        let lines = view.liveLines(width: 100, now: Samples.later(3000))
        let (done, total, rate) = (Quantity.grouped(3000), Quantity.grouped(5000), Quantity.grouped(1000))
        #expect(
            lines.dropFirst() == [
                "  restoring main-1",
                "  ████████████░░░░░░░░  60%  \(done) of \(total) blocks  \(rate)/s  2 s left  index on t",
            ])
        _ = view.apply(Samples.event(4, kind, state, "analysing", at: 4000))
        #expect(view.liveLines(width: 100, now: Samples.later(4000)).dropFirst() == ["  analysing"])
    }

    @Test("what is done stays; how the job ended is told by the verb")
    func permanent() {
        var view = view()
        _ = view.apply(Samples.event(1, .backupStarted, .backingUp, "taking a backup"))
        #expect(
            view.apply(Samples.event(2, .backupFinished, .backingUp, "backup main-1 taken", at: 2500))
                == ["✓ backup main-1 taken"])
        _ = view.apply(Samples.event(3, .stepStarted, .applying, "applying 001", at: 2500))
        #expect(
            view.apply(Samples.event(4, .stepRetried, .applying, "no lock on \"t\": trying again", at: 3000))
                == ["! no lock on \"t\": trying again"])
        #expect(
            view.apply(Samples.event(5, .stepApplied, .applying, "001 applied", at: 3500))
                == ["✓ 001 applied"])
        #expect(view.liveLines(width: 79, now: Samples.later(65_000))[0].contains("1 of 3 revisions · 1 min 05 s"))
        #expect(view.apply(Samples.event(6, .jobSucceeded, .succeeded, "done", at: 4000)).isEmpty)
        #expect(view.liveLines(width: 79, now: Samples.later(4000)).isEmpty)
    }

    @Test("the rate is that of the last seconds")
    func rate() {
        var measure = ProgressMeasure()
        for second in 0...20 as ClosedRange<Int64> {
            let done = second <= 10 ? second : 10 + (second - 10) * 5
            measure.add(.init(unit: "blocks", done: done, total: 110), at: Samples.later(second * 1000))
        }
        #expect(measure.rate == 5)
        #expect(measure.secondsLeft(now: Samples.later(20_000)) == 10)
        #expect(measure.secondsLeft(now: Samples.later(22_000)) == 8)
        measure.add(.init(unit: "tuples", done: 1), at: Samples.later(23_000))
        #expect(measure.rate == nil)
        #expect(measure.fraction == nil)
    }

    @Test("terminals without UTF-8 get ASCII")
    func signs() {
        #expect(ProgressView.Signs(environment: ["LANG": "C"]) == .ascii)
        #expect(ProgressView.Signs(environment: ["LC_ALL": "de_DE.utf8", "LANG": "C"]) == .unicode)
        #expect(ProgressMeasure.bar(0.5, columns: 4, signs: .ascii) == "##..")
    }
}
