/// Figures of the daemon and its databases, for programs that watch them.
public enum GetMetrics: ControlMethod {
    public static let name = "GetMetrics"

    public struct Parameters: Sendable, Codable {
        /// Only this database; all without it.
        public var database: String?

        public init(database: String? = nil) {
            self.database = database
        }
    }

    public struct Reply: Sendable, Codable {
        /// The figures, in the OpenMetrics text format.
        public var text: String

        public init(text: String) {
            self.text = text
        }
    }
}
