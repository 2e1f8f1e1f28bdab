/// Numbers with what they count.
public enum Plural {
    /// `1 revision`, `2 revisions`.
    public static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(number) \(noun(number, singular, plural))"
    }

    /// The noun alone, for `1 of 2 revisions`.
    public static func noun(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        number == 1 ? singular : plural ?? singular + "s"
    }
}
