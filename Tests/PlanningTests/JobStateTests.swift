import Planning
import Testing

@Suite struct JobStateTests {
    @Test func eachStateHasOneRow() {
        #expect(JobState.table.map(\.state).count == JobState.allCases.count)
        #expect(Set(JobState.table.map(\.state)) == Set(JobState.allCases))
    }

    @Test func eachStateCanBeReached() {
        var reached: Set<JobState> = [.queued]
        var front: [JobState] = [.queued]
        while let state = front.popLast() {
            for next in JobState.table.first(where: { $0.state == state })?.next ?? []
            where reached.insert(next).inserted {
                front.append(next)
            }
        }
        #expect(reached == Set(JobState.allCases))
    }

    @Test func aFinalStateIsFinalAndAllOthersCanEnd() {
        #expect(Set(JobState.allCases.filter(\.isFinal)) == [.succeeded, .failed, .cancelled])
        for state in JobState.allCases where !state.isFinal {
            var front = [state]
            var seen: Set<JobState> = [state]
            while let next = front.popLast() {
                for follower in JobState.allCases where next.allows(follower) && seen.insert(follower).inserted {
                    front.append(follower)
                }
            }
            #expect(seen.contains(.succeeded) && seen.contains(.failed), "\(state)")
        }
    }

    @Test func noStateFollowsItselfOrTwice() {
        for row in JobState.table {
            #expect(!row.next.contains(row.state))
            #expect(Set(row.next).count == row.next.count)
        }
    }

    /// What a restart puts back into the queue has to be let into it by the table; the rest waits for somebody, or is over.
    @Test func aRestartCanDoWhatItsRowSays() {
        for row in JobState.table {
            switch row.onRestart {
            case .leave:
                #expect(row.state.isFinal || [.queued, .awaitingApproval, .needsDecision].contains(row.state))
                #expect(!row.state.isRunning)
            case .requeue, .reconcile:
                #expect(row.next.contains(.queued) && row.next.contains(.failed))
                #expect(row.state.isRunning)
            }
        }
        // Before anything is touched there is nothing to reconcile.
        #expect(JobState.planning.onRestart == .requeue && JobState.waitingForLock.onRestart == .requeue)
        #expect(JobState.applying.onRestart == .reconcile && JobState.verifying.onRestart == .reconcile)
    }

    @Test func theDoorsThatMatter() {
        // Nothing is applied without the lock, and nothing succeeds from the queue.
        for state in JobState.allCases where state.allows(.applying) {
            #expect([.waitingForLock, .backingUp, .rehearsing].contains(state))
        }
        #expect(!JobState.queued.allows(.succeeded))
        // What is applied cannot be cancelled any more; what nobody can know is not cancelled either.
        #expect(!JobState.verifying.allows(.cancelled) && !JobState.needsDecision.allows(.cancelled))
        for state in JobState.allCases where state.allows(.needsDecision) { #expect(state == .applying) }
    }

    @Test func theNamesAreThoseOfTheProtocol() {
        #expect(
            JobState.allCases.map(\.rawValue) == [
                "queued", "planning", "awaiting-approval", "waiting-for-lock", "backing-up", "rehearsing", "applying",
                "verifying", "succeeded", "failed", "cancelled", "needs-decision",
            ])
    }
}
