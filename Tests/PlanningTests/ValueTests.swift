import FoundationEssentials
import Planning
import Testing

@Suite struct ValueTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z", "19700101T000000Z", "1970-01-01 00:00:00"),
            (-1, "1969-12-31T23:59:59.999999Z", "19691231T235959Z", "1969-12-31 23:59:59"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z", "20000229T000000Z", "2000-02-29 00:00:00"),
            (1_795_342_500_123_456, "2026-11-22T10:15:00.123456Z", "20261122T101500Z", "2026-11-22 10:15:00"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z", "99991231T235959Z", "9999-12-31 23:59:59"),
        ] as [(Int64, String, String, String)])
    func aMomentIsWrittenAndRead(_ microseconds: Int64, _ text: String, _ compact: String, _ readable: String) throws {
        let moment = Timestamp(microseconds: microseconds)
        #expect(moment.description == text && moment.compact == compact && moment.readable == readable)
        #expect(Timestamp(parsing: text) == moment)
        let json = try JSONEncoder().encode([moment])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [moment])
    }

    @Test func daysOfFourCenturiesAreReadAsTheyWereWritten() {
        for day in stride(from: Int64(-150_000), to: 20_000, by: 37) {
            let moment = Timestamp(microseconds: (day * 86_400 + 4321) * 1_000_000 + 7)
            guard Timestamp(parsing: moment.description) != moment else { continue }
            Issue.record("\(moment)")
            return
        }
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T10:15:00Z", "2026-11-22 10:15:00.123456Z", "2026-11-22T10:15:00.123456",
        "2026-11-22T10:15:00.12345xZ", "2026-11-22T10:15:00.123456+", "2026-11-22T10:15:00.1234é6Z",
    ])
    func whatIsNoMomentIsRefused(_ text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test(arguments: [("main-41", "main", 41), ("a-b-7", "a-b", 7), ("main-9223372036854775807", "main", Int64.max)])
    func theNameOfAJobIsRead(_ text: String, _ database: String, _ number: Int64) throws {
        let id = try #require(JobID(parsing: text))
        #expect(id.database == database && id.number == number && id.description == text)
        let json = try JSONEncoder().encode([id])
        #expect(try JSONDecoder().decode([JobID].self, from: json) == [id])
    }

    @Test(arguments: ["", "main", "41", "-41", "main-", "main-0", "main-x", "main-4 1", "main-9223372036854775808"])
    func whatNamesNoJobIsRefused(_ text: String) {
        #expect(JobID(parsing: text) == nil)
    }

    @Test func theRegisterOfFailures() {
        let codes = Failure.Code.allCases
        #expect(Set(codes.map(\.exitStatus)).count == codes.count)
        for code in codes {
            // 0 is success, 1 and 2 are everybody's (1 is what a check that found something says, as grep does), above 125
            // are the shell's own but for 128 + a signal.
            let isUsual = code == .interrupted || code == .checkFailed
            #expect((10..<126).contains(code.exitStatus) || isUsual, "\(code)")
            #expect(code.documentation.hasSuffix(".") && code.documentation.count > 20, "\(code)")
            #expect(code.documentation.first?.isUppercase == true, "\(code)")
            #expect(code.rawValue.allSatisfy { ($0.isLowercase && $0.isASCII) || $0 == "-" }, "\(code)")
            #expect(Failure.Code(rawValue: code.rawValue) == code)
        }
        #expect(Set(codes.map(\.documentation)).count == codes.count)
    }

    @Test func aFailureOfAnotherVersionIsStillRead() throws {
        let json = #"{"code": "from-the-future", "message": "cannot be", "new": 1}"#
        let failure = try JSONDecoder().decode(Failure.self, from: Data(json.utf8))
        #expect(failure == Failure(.internalError, "cannot be"))
        let full = Failure(
            .statementFailed, "cannot apply", hint: "mend it",
            location: Failure.Location(path: "a.sql", line: 2, column: 3),
            sql: Failure.ServerReport(sqlState: "42703", message: "no", detail: "d", statement: "SELECT x"),
            notes: ["n"])
        #expect(try JSONDecoder().decode(Failure.self, from: try JSONEncoder().encode(full)) == full)
        #expect(full.location?.description == "a.sql:2:3" && Failure.Location(path: "a").description == "a")
    }

    @Test func eachEventHasAMessageOfItsOwnInTheCatalogue() {
        let ids = JobEvent.Kind.allCases.compactMap(\.messageID) + DaemonEvent.allCases.map(\.messageID)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy { $0.isHexDigit && !$0.isUppercase } })
    }
}
