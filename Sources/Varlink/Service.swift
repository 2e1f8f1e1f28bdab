// What a server offers, and where each call goes.
struct Service: Sendable {
    let interfaces: [String: Interface]
    let handlers: [String: MethodHandler]
    let translateError: @Sendable (any Error) -> VarlinkError

    init(
        information: ServiceInformation, interfaces: [Interface], handlers: [MethodHandler],
        translateError: @escaping @Sendable (any Error) -> VarlinkError
    ) {
        let all = [Interface.service] + interfaces
        let own = Self.serviceHandlers(information, all)
        self.interfaces = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        self.handlers = Dictionary(uniqueKeysWithValues: (own + handlers).map { ($0.method, $0) })
        self.translateError = translateError
        for handler in handlers {
            let known = try? declaration(of: handler.method)
            precondition(known != nil, "no interface declares \(handler.method)")
        }
    }

    private static func serviceHandlers(_ information: ServiceInformation, _ all: [Interface]) -> [MethodHandler] {
        let names = all.map(\.name)
        let descriptions = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.description) })
        return [
            MethodHandler("org.varlink.service.GetInfo") { (_: NoParameters, _) in
                Information(
                    vendor: information.vendor, product: information.product, version: information.version,
                    url: information.url, interfaces: names)
            },
            MethodHandler("org.varlink.service.GetInterfaceDescription") { (parameters: InterfaceName, _) in
                guard let text = descriptions[parameters.interface] else {
                    throw VarlinkError.interfaceNotFound(parameters.interface)
                }
                return InterfaceText(description: text)
            },
        ]
    }

    private struct Information: Codable {
        var vendor, product, version, url: String
        var interfaces: [String]
    }

    private struct InterfaceName: Codable { var interface: String }
    private struct InterfaceText: Codable { var description: String }

    private func declaration(of method: String) throws(VarlinkError) -> (Interface, Interface.Method) {
        guard let dot = method.lastIndex(of: ".") else { throw .interfaceNotFound("") }
        let name = String(method[..<dot])
        guard let interface = interfaces[name] else { throw .interfaceNotFound(name) }
        guard let declaration = interface.method(String(method[method.index(after: dot)...])) else {
            throw .methodNotFound(method)
        }
        return (interface, declaration)
    }

    // The handler of a call whose parameters are as declared.
    func handler(of message: CallMessage) throws(VarlinkError) -> MethodHandler {
        let (interface, method) = try declaration(of: message.method)
        guard let handler = handlers[message.method] else { throw .methodNotImplemented(message.method) }
        if message.upgrade { throw .methodNotImplemented(message.method) }
        guard let parameters = message.parameters else { throw .invalidParameter("parameters") }
        if let mismatch = interface.mismatch(in: parameters, with: method.input) {
            throw .invalidParameter(mismatch.path)
        }
        return handler
    }
}
