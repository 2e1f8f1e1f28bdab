import Glibc
import Host
import Testing

@Suite struct PeerTests {
    @Test func knowsUsersAndTheirGroups() {
        let root = PeerIdentity.of(uid: 0, pid: getpid())
        #expect(root.isRoot)
        #expect(root.userName == "root")
        #expect(root.groups.contains("root"))
        let own = PeerIdentity.own()
        #expect(own.uid == geteuid())
    }

    @Test func copesWithUsersThatNobodyKnows() {
        let stranger = PeerIdentity.of(uid: 3_999_999_999, pid: 0, gid: 3_999_999_998)
        #expect(stranger.userName == "3999999999")
        #expect(stranger.groups == ["3999999998"])
        #expect(stranger.loginUID == nil)
        #expect(!stranger.isRoot)
    }

    @Test func readsTheMachineIDIfItIsOne() throws {
        let directory = try TemporaryDirectory()
        try directory.write("good", "0123456789abcdef0123456789abcdef\n")
        try directory.write("empty", "")
        try directory.write("unset", "uninitialized\n")
        #expect(PeerIdentity.machineID(path: directory("good")) == "0123456789abcdef0123456789abcdef")
        #expect(PeerIdentity.machineID(path: directory("empty")) == nil)
        #expect(PeerIdentity.machineID(path: directory("unset")) == nil)
        #expect(PeerIdentity.machineID(path: directory("none")) == nil)
    }
}

@Suite struct EnvironmentFileTests {
    @Test func readsWhatSuchFilesHold() throws {
        let text = """
            # a comment
            A=1
            export B = two words   # a comment
            C="three\\n\\"quoted\\" # no comment"   # a comment
            D='$HOME \\n "as it stands"'
            E=
            F= # nothing
            G=#1
            DATABASE_URL=postgres://u:p%40#x@h/db?a=b
            LONG="two
            lines"
            export=odd
            A=last\r

            """
        let variables = try EnvironmentFile.parse(text)
        #expect(
            variables == [
                "A": "last", "B": "two words", "C": "three\n\"quoted\" # no comment", "D": "$HOME \\n \"as it stands\"",
                "E": "", "F": "", "G": "#1", "DATABASE_URL": "postgres://u:p%40#x@h/db?a=b", "LONG": "two\nlines",
                "export": "odd",
            ])
    }

    @Test(arguments: [
        ("A=1\nnonsense\n", "line 2: \"=\" is expected after \"nonsense\""),
        ("\n=1", "line 2: a variable's name is expected"),
        ("A='x\n\n", "line 1: the quote that begins here is never closed"),
        ("A=\"x\" y", "line 1: nothing may follow the value's closing quote"),
        ("1A=x", "line 1: a variable's name is expected"),
    ])
    func saysWhatIsWrong(text: String, problem: String) {
        let error = #expect(throws: EnvironmentFile.Problem.self) { try EnvironmentFile.parse(text) }
        #expect(error?.description == problem)
    }

    @Test func aMissingFileIsNoProblem() throws {
        let directory = try TemporaryDirectory()
        #expect(try EnvironmentFile.load(directory(".env")) == nil)
        try directory.write(".env", "A='")
        let error = #expect(throws: FileError.self) { try EnvironmentFile.load(directory(".env")) }
        #expect(error?.reason == "line 1: the quote that begins here is never closed")
    }
}
