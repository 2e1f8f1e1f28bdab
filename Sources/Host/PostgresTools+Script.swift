/// Archives as text.
extension PostgresTools {
    /// The SQL of the listed entries of an archive, without what only psql understands. For entries without data only.
    public func script(of archive: String, listFile: String) async throws(ToolError) -> String {
        var tools = self
        tools.runner.limits.standardOutput = 12 << 20
        let text = try await tools.run("pg_restore", ["--file=-", "--use-list=\(listFile)", "--", archive]).outputText
        return text.split(separator: "\n").filter { line in
            !line.hasPrefix("--") && !line.hasPrefix("\\restrict") && !line.hasPrefix("\\unrestrict")
        }.joined(separator: "\n")
    }
}
