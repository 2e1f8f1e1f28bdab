extension Array where Element: Sendable {
    /// Does something with each, with so many at once, in their order. The first error ends it all.
    func concurrently<Result: Sendable>(
        _ limit: Int, _ body: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var waiting = enumerated().makeIterator()
            func begin() {
                if let (index, element) = waiting.next() { group.addTask { (index, try await body(element)) } }
            }
            for _ in 0..<limit { begin() }
            var results: [(Int, Result)] = []
            while let result = try await group.next() {
                results.append(result)
                begin()
            }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
