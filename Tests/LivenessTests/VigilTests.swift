import Liveness
import Testing

@Suite("A vigil tells slow from hung")
struct VigilTests {
    @Test("what does nothing is alive once, for having begun")
    func begins() {
        let vigil = Vigil()
        #expect(vigil.isAlive())
        #expect(!vigil.isAlive())
    }

    @Test("whoever waits for something outside is alive for as long as that takes, and once more")
    func waits() async {
        let vigil = Vigil()
        await Vigil.$current.withValue(vigil) {
            await Vigil.waiting {
                for _ in 1...3 { #expect(vigil.isAlive()) }
            }
            #expect(vigil.isAlive())
            #expect(!vigil.isAlive())
            Vigil.blocking { for _ in 1...3 { #expect(vigil.isAlive()) } }
        }
    }

    @Test("whoever goes on is alive, and child tasks are watched with their parent")
    func moves() async {
        let vigil = Vigil()
        _ = vigil.isAlive()
        await Vigil.$current.withValue(vigil) {
            await withTaskGroup(of: Void.self) { group in group.addTask { Vigil.move() } }
        }
        #expect(vigil.isAlive())
        Vigil.move()
        #expect(!vigil.isAlive(), "nobody keeps a vigil over this task")
    }

    @Test("a wait that fails is over as well")
    func fails() async {
        struct Refused: Error {}
        let vigil = Vigil()
        await Vigil.$current.withValue(vigil) {
            await #expect(throws: Refused.self) { try await Vigil.waiting { throw Refused() } }
        }
        _ = vigil.isAlive()
        #expect(!vigil.isAlive())
    }
}
