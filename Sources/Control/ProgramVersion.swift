/// The version of both programs: they are released together.
public enum ProgramVersion {
    public static let current = "0.1.0"
}
