import ArgumentParser

/// Where revision files are, for the verbs that work on files.
struct DirectoryOptions: ParsableArguments {
    @Option(
        name: .customLong("directory"), parsing: .singleValue,
        help: ArgumentHelp(
            "Where the revision files are; may be given several times. Without it the daemon or the settings say, or it is ./migrations.",
            valueName: "path"))
    var directories: [String] = []

    @Flag(name: .customLong("recursive"), help: "Look into the directories below as well.")
    var isRecursive = false
}
