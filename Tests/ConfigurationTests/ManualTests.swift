import FoundationEssentials
import Testing

@testable import Configuration

@Suite("the manual page of the settings")
struct ManualTests {
    @Test("every key stands in its section, and no other")
    func keys() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let page = try String(contentsOf: URL(filePath: root + "/man/migrated.toml.5"), encoding: .utf8)
        let parts = page.replacing("\n.Sh ", with: "\n.Ss ").split(separator: "\n.Ss ")
        for section in SettingsSection.allCases where section != .top {
            let part = try #require(parts.first { $0.hasPrefix(section.heading(database: nil) + ",") })
            let described = part.split(separator: "\n").filter { $0.hasPrefix(".It Ic ") }.map {
                String($0.dropFirst(7))
            }
            #expect(Set(described) == Set(section.keys).subtracting(SettingsSection.tables))
        }
    }
}
