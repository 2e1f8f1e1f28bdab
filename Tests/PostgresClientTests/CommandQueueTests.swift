import Testing

@testable import PostgresClient

@Suite struct CommandQueueTests {
    private func entry(_ number: UInt64, scope: UInt64? = nil, opens: Bool = false) -> CommandQueue<Int>.Entry {
        CommandQueue.Entry(
            id: CommandID(number: number), scope: scope.map { ScopeID(number: $0) }, opensScope: opens,
            payload: Int(number))
    }

    @Test func isFirstInFirstOut() {
        var queue = CommandQueue<Int>()
        let added = (1...3).map { queue.append(entry(UInt64($0))) }
        #expect(added == [true, true, true])
        let taken = [queue.next(), queue.next(), queue.next(), queue.next()]
        #expect(taken.map { $0?.payload } == [1, 2, 3, nil])
    }

    @Test func aScopeKeepsOthersOut() {
        var queue = CommandQueue<Int>()
        let tooEarly = queue.append(entry(1, scope: 7))
        #expect(!tooEarly)
        let added = [queue.append(entry(2, scope: 7, opens: true)), queue.append(entry(3))]
        #expect(added == [true, true])
        let taken = [queue.next(), queue.next()]
        #expect(taken.map { $0?.payload } == [2, nil])
        let inside = [queue.append(entry(4, scope: 7)), queue.append(entry(5, scope: 7))]
        #expect(inside == [true, true])
        let next = queue.next()
        #expect(next?.payload == 4)
        let nothing = queue.release(ScopeID(number: 8))
        let late = queue.release(ScopeID(number: 7))
        #expect(nothing.isEmpty && late.map(\.payload) == [5])
        let last = queue.next()
        #expect(last?.payload == 3 && queue.isEmpty)
    }

    @Test func givesBackWhatIsTakenOut() {
        var queue = CommandQueue<Int>()
        let added = [queue.append(entry(1)), queue.append(entry(2, scope: 7, opens: true))]
        #expect(added == [true, true])
        let removed = [queue.remove(CommandID(number: 1)), queue.remove(CommandID(number: 1))]
        #expect(removed.map { $0?.payload } == [1, nil])
        let next = queue.next()
        #expect(next?.payload == 2)
        let more = [queue.append(entry(3, scope: 7)), queue.append(entry(4))]
        #expect(more == [true, true])
        let all = queue.removeAll()
        #expect(all.map(\.payload) == [3, 4] && queue.holder == nil)
    }
}
