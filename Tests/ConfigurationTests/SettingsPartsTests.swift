import Testing

@testable import Configuration

@Suite("parts of settings")
struct SettingsPartsTests {
    @Test(
        "a connection URL never shows a password",
        arguments: [
            ("postgresql://user:geheim@host:5432/db", "postgresql://user:***@host:5432/db"),
            ("postgresql+asyncpg://u:ge%40heim@h/d?ssl=require", "postgresql+asyncpg://u:***@h/d?ssl=require"),
            ("postgres://u:geheim/x@y@h/d", "postgres://u:***@h/d"),
            ("postgres://u:geheim?x@h/d", "postgres://u:***@h/d"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres:///d?host=/run/postgresql&user=u", "postgres:///d?host=/run/postgresql&user=u"),
            (
                "postgres://h/d?user=u&password=geheim&sslmode=require",
                "postgres://h/d?user=u&password=***&sslmode=require"
            ),
            ("postgres://h/d?pass%77ord=geheim", "postgres://h/d?pass%77ord=***"),
            ("postgres://h/d?password=a@geheim", "postgres://h/d?password=***"),
            ("postgres://h/d?password=x&geheim", "postgres://h/d?password=***&"),
            ("postgres://h:5432/d?a=b@c&sslpassword=geheim", "postgres://h:***@c&sslpassword=***"),
            ("postgres://u:geheim/db", "postgres://u:***/db"),
            ("postgres://a:1,b:2/db", "postgres://a:1,b:2/db"),
            ("postgres://[::1]:5432/db", "postgres://[::1]:5432/db"),
            ("host=h password=geheim dbname=d", "host=h password=*** dbname=d"),
            ("host = h  password = 'ge\\'h eim'  dbname=d", "host=h password=*** dbname=d"),
            ("host=h password=geheim\\ x://y dbname=d", "host=h password=*** dbname=d"),
            ("password='geheim", "(unreadable connection string)"),
            ("geheim", "(unreadable connection string)"),
        ])
    func redaction(text: String, redacted: String) {
        let url = ConnectionURL(text)
        #expect(url.redacted == redacted)
        var dumped = ""
        dump(DatabaseLocation.server(url), to: &dumped)
        for shown in ["\(url)", String(reflecting: url), String(describing: DatabaseLocation.server(url)), dumped] {
            #expect(!shown.contains("geheim"))
        }
        #expect(url.unredacted == text)
    }

    @Test(
        "durations and sizes",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("10min", .seconds(600)),
            ("1h", .seconds(3600)),
            ("2d", .seconds(172_800)), ("0ms", .zero),
        ])
    func durations(text: String, duration: Duration) throws {
        #expect(try Quantities.duration(text).get() == duration)
        #expect(Quantities.text(duration) == text)
    }

    @Test(
        "what is no duration",
        arguments: ["", "s", "5", "5 s", " 5s", "5s ", "1h30min", "1.5s", "+5s", "5S", "٥s", "5sec", "0x5s", "1_000ms"])
    func noDurations(text: String) {
        #expect(throws: QuantityObjection.self) { try Quantities.duration(text).get() }
    }

    @Test(
        "sizes",
        arguments: [("1GiB", 1 << 30), ("512MiB", 512 << 20), ("20GB", 20_000_000_000), ("7B", 7), ("1kB", 1000)])
    func sizes(text: String, bytes: Int64) throws {
        #expect(try Quantities.size(text).get() == bytes)
    }

    @Test("the nearest word, and none where nothing is near")
    func nearest() {
        let words = SettingsSection.database.keys
        #expect(NearestWord.among(words, to: "aprovals") == "approvals")
        #expect(NearestWord.among(words, to: "migartions") == "migrations")
        #expect(NearestWord.among(words, to: "search-path") == "search_path")
        #expect(NearestWord.among(words, to: "colour") == nil)
        #expect(NearestWord.editDistance("", "abc") == 3)
        #expect(NearestWord.editDistance("ab", "ba") == 1)
        #expect(NearestWord.editDistance("kitten", "sitting") == 3)
    }

    @Test("places in a document of every kind of value")
    func placesOfValues() throws {
        let text = """
            a = "x = 1 \\" [t]" # c
            b = \"\"\"
            n = 1 \\\"\"\" \"\"
            \"\"\"\"
            c = '''
            m = 1''''
            d = [1, # 2
              "]", [2, 3], {k = "}", "q.r" = 1979-05-27 07:32:00}]
            é."f g".h = {}
            i = 'x' # y
            [t . u]
            j = true
            [[v]]
            k = 1
            [[v]]
            k = 2
            """
        _ = try SettingsDocument(file: "f", text: text.replacing("é.", with: "'é'.")).parse().get()
        let places = KeyPlaces(of: text)
        let keys: [(KeyPlaces.Path, String)] = [
            (["a"], "1:1"), (["b"], "2:1"), (["c"], "5:1"), (["d"], "7:1"), (["d", "3", "k"], "8:17"),
            (["d", "3", "q.r"], "8:26"), (["é"], "9:1"), (["é", "f g"], "9:3"), (["é", "f g", "h"], "9:9"),
            (["i"], "10:1"), (["t", "u"], "11:6"), (["t", "u", "j"], "12:1"), (["v", "0", "k"], "14:1"),
            (["v", "1", "k"], "16:1"),
        ]
        for (path, place) in keys {
            #expect(places.keys[path].map { "\($0.line):\($0.column)" } == place, "\(path)")
        }
        #expect(places.keys[["n"]] == nil && places.keys[["m"]] == nil)
        #expect(places.values[["d", "2", "1"]] == SettingsPlace(line: 8, column: 12))
        #expect(places.values[["é", "f g", "h"]] == SettingsPlace(line: 9, column: 13))
        #expect(places.values[["i"]] == SettingsPlace(line: 10, column: 5))
    }

    @Test("any text ends the walk")
    func anyText() {
        for text in [
            "", "[", "[[", "=", "a", "a=", "a=[", "a={", "a=\"", "a='''", "a=\"\\", "\"", "[a", "]", "a=[}", "a={]",
            "\u{FEFF}a=1",
        ] {
            _ = KeyPlaces(of: text)
        }
        #expect(KeyPlaces(of: "\u{FEFF}a=1").keys[["a"]] == SettingsPlace(line: 1, column: 1))
    }
}
