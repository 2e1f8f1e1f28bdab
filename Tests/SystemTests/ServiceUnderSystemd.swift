import Testing

/// The install on a machine of its own, which all tests in here share, one after the other. Each has a database of its
/// own, and leaves the daemon running with the unit as it was shipped.
@Suite("migrated as a service", .whereMachinesBoot, .booted, .serialized)
struct ServiceUnderSystemd {}
