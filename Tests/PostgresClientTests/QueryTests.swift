import PostgresClient
import TestSupport
import Testing

@Suite struct QueryTests {
    @Test func givesSeveralRowsWithNulls() async throws {
        let connection = try await TestCluster.shared.connect()
        let rows = try await connection.query(
            "SELECT n, CASE WHEN n % 2 = 0 THEN 'even' END AS word FROM generate_series(1, 3) AS n ORDER BY n")
        #expect(rows.columns == ["n", "word"])
        #expect(try rows.map { try $0.decode("n", as: Int.self) } == [1, 2, 3])
        #expect(try rows.map { try $0.decode("word", as: String?.self) } == [nil, "even", nil])
        #expect(rows.tag == "SELECT 3")
        await connection.close()
    }
}
