import Glibc
import TestSupport
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

    /// Reading a directory of thousands of revisions leaves as much behind as it keeps.
    @Test(.disabled(if: Instrumentation.isOn, "memory is the sanitizer's own there"))
    func whatWasFreedInTheMiddleOfTheHeapIsGivenBack() {
        let size = 64 << 10
        let blocks = (0..<400).map { _ in
            let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
            memset(block, 1, size)
            return UInt(bitPattern: block)
        }
        // What is in use at the end keeps what is before it: `free` itself gives back from the end only.
        for block in blocks.dropLast() { UnsafeMutableRawPointer(bitPattern: block)?.deallocate() }
        defer { UnsafeMutableRawPointer(bitPattern: blocks.last ?? 0)?.deallocate() }
        ResidentMemory.giveBack()
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        var resident = 0
        for block in blocks.dropLast() {
            // Its second page, which no other block has a part of. Not the first: the allocator's own notes are there.
            var state: UInt8 = 0
            let address = UnsafeMutableRawPointer(bitPattern: (block / page + 2) * page)
            if mincore(address, Int(page), &state) == 0, state & 1 == 1 { resident += 1 }
        }
        #expect(resident < 100, "of 399, whatever else the tests beside it have taken meanwhile")
    }

    @Test func theProgramGoesOnWithoutIt() throws {
        let before = try TextFiles.readText("/proc/self/maps").utf8.count
        for _ in 0..<10 { ResidentMemory.giveBack() }
        #expect(before > 0)
    }
}
