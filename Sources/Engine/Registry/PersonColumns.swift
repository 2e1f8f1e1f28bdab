import Planning
import PostgresClient

/// A person as the registry's four columns `uid, user_name, login_uid, machine_id`.
extension Person {
    static let columns = "uid, user_name, login_uid, machine_id"

    init(_ row: Row) throws {
        self.init(
            uid: UInt32(truncatingIfNeeded: try row.decode("uid", as: Int64.self)),
            userName: try row.decode("user_name"),
            loginUID: try row.decode("login_uid", as: Int64?.self).map { UInt32(truncatingIfNeeded: $0) },
            machineID: try row.decode("machine_id"))
    }
}
