extension Interface {
    /// The interface that every service has; the library answers it by itself.
    public static let service = Interface(
        known: """
            # The Varlink Service Interface is provided by every varlink service. It
            # describes the service and the interfaces it implements.
            interface org.varlink.service

            # Get a list of all the interfaces a service provides and information
            # about the implementation.
            method GetInfo() -> (
              # Who makes the service
              vendor: string,
              # What the service is called
              product: string,
              # The version of the service
              version: string,
              # Where to read about the service
              url: string,
              # The names of all the interfaces, this one among them
              interfaces: []string
            )

            # Get the description of an interface that is implemented by this service.
            method GetInterfaceDescription(
              # The name of the interface
              interface: string
            ) -> (
              # The text of its definition
              description: string
            )

            # The requested interface was not found.
            error InterfaceNotFound (interface: string)

            # The requested method was not found
            error MethodNotFound (method: string)

            # The interface defines the requested method, but the service does not
            # implement it.
            error MethodNotImplemented (method: string)

            # One of the passed parameters is invalid.
            error InvalidParameter (parameter: string)

            # Client is denied access
            error PermissionDenied ()

            # Method is expected to be called with 'more' set to true, but wasn't
            error ExpectedMore ()

            """)

    // A text of this library; that it can be read is a test's concern.
    private init(known text: String) {
        do {
            self = try Interface(parsing: text)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
