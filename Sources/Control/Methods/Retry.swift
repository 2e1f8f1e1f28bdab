/// Queues what a failed or cancelled job was to do once more, with what it meant then.
public enum Retry: ControlMethod {
    public static let name = "Retry"

    public struct Parameters: Sendable, Codable {
        public var job: String
        /// A UUID of the caller's making: the same call sent twice is one job.
        public var requestId: String

        public init(job: String, requestId: String) {
            self.job = job
            self.requestId = requestId
        }
    }

    public typealias Reply = JobReply
}
