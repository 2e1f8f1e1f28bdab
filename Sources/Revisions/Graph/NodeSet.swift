/// A set of node numbers of one graph, a bit each.
struct NodeSet: Equatable, Sendable {
    private(set) var words: [UInt64]

    /// An empty set with room for the numbers below `capacity`.
    init(capacity: Int) { words = [UInt64](repeating: 0, count: (capacity + 63) / 64) }

    init(_ nodes: some Sequence<Int>, capacity: Int) {
        self.init(capacity: capacity)
        for node in nodes { insert(node) }
    }

    func contains(_ node: Int) -> Bool { words[node >> 6] & (1 << UInt64(node & 63)) != 0 }

    /// Adds the node; false if it was there already.
    @discardableResult
    mutating func insert(_ node: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(node & 63)
        if words[node >> 6] & bit != 0 { return false }
        words[node >> 6] |= bit
        return true
    }

    mutating func remove(_ node: Int) { words[node >> 6] &= ~(1 << UInt64(node & 63)) }

    mutating func formUnion(_ other: NodeSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    mutating func formIntersection(_ other: NodeSet) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    mutating func subtract(_ other: NodeSet) {
        for index in words.indices { words[index] &= ~other.words[index] }
    }

    func isDisjoint(with other: NodeSet) -> Bool {
        zip(words, other.words).allSatisfy { $0 & $1 == 0 }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}

extension NodeSet: Sequence {
    /// Goes through the nodes in ascending order.
    struct Iterator: IteratorProtocol {
        private let words: [UInt64]
        private var wordIndex = 0
        private var rest: UInt64

        init(_ words: [UInt64]) {
            self.words = words
            rest = words.first ?? 0
        }

        mutating func next() -> Int? {
            while rest == 0 {
                wordIndex += 1
                if wordIndex >= words.count { return nil }
                rest = words[wordIndex]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return wordIndex << 6 | bit
        }
    }

    func makeIterator() -> Iterator { Iterator(words) }

    var underestimatedCount: Int { 0 }
}
