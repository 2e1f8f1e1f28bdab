import Control
import TestSupport

/// Messages that resemble calls, spoiled in one way or several.
enum HostileMessage {
    /// A message without the NUL at its end.
    static func make(_ random: inout SeededGenerator) -> [UInt8] {
        Spoiling.spoiled(seed(&random), &random)
    }

    private static func seed(_ random: inout SeededGenerator) -> [UInt8] {
        let method = ControlInterface.methods.randomElement(using: &random)?.qualifiedName ?? ""
        let texts = [
            #"{"method":"\#(method)"}"#, #"{"method":"\#(method)","parameters":{}}"#,
            #"{"method":"\#(method)","parameters":{"database":"main","target":"head"},"more":true}"#,
            #"{"method":"\#(method)","parameters":{"job":"main-1","fromSequence":0},"more":true}"#,
            #"{"method":"\#(method)","oneway":true,"parameters":{"limit":-1}}"#,
            #"{"method":"org.varlink.service.GetInfo","parameters":{}}"#,
            #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.migrated.Control"}}"#,
        ]
        return Array((texts.randomElement(using: &random) ?? "").utf8)
    }
}
