import Testing

@testable import Host

@Suite struct ResidentMemoryTests {
    @Test(
        arguments: [
            ("7f1-7f5 r-xp 00000000 08:01 42 /usr/bin/migrated", 0x7f1..<0x7f5),
            ("7f1-7f5 r-xp 00000000 08:01 42 /with a blank/migrated", 0x7f1..<0x7f5),
            // The loader may have written to it.
            ("7f1-7f5 r--p 00000000 08:01 42 /usr/bin/migrated", nil),
            ("7f1-7f5 rw-p 00000000 08:01 42 /usr/bin/migrated", nil),
            ("7f1-7f5 r-xp 00000000 00:00 0 [vdso]", nil),
            ("7f1-7f5 r-xp 00000000 00:00 0", nil),
            ("7f5-7f1 r-xp 00000000 08:01 42 /usr/bin/migrated", nil), ("nonsense", nil), ("", nil),
        ] as [(Substring, Range<UInt>?)])
    func onlyCodeOfFilesIsGivenBack(_ line: Substring, _ range: Range<UInt>?) {
        #expect(ResidentMemory.code(line) == range)
    }

    @Test func theProgramGoesOnWithoutIt() throws {
        let before = try TextFiles.readText("/proc/self/maps").utf8.count
        for _ in 0..<10 { ResidentMemory.giveBack() }
        #expect(before > 0)
    }
}
