/// The revision files of several directories, read whole.
public struct SourceFiles: Sendable {
    /// One of them.
    public struct File: Sendable {
        /// The path that opens it.
        public var path: String
        public var bytes: [UInt8]
    }

    /// What could be read, each file once however many of the directories lead to it.
    public var files: [File] = []
    /// What could not.
    public var problems: [FileError] = []

    /// Reads the files in the directories, and below them where that is wanted.
    public init(in directories: [String], recursively: Bool = false) {
        var known: Set<String> = []
        for directory in directories {
            do throws(FileError) {
                for file in try DirectoryTree.revisionFiles(in: directory, recursively: recursively)
                where known.insert(FilePaths.absolute(file.path)).inserted {
                    read(file.path)
                }
            } catch {
                problems.append(error)
            }
        }
    }

    private mutating func read(_ path: String) {
        do throws(FileError) {
            files.append(File(path: path, bytes: try TextFiles.readBytes(path)))
        } catch {
            problems.append(error)
        }
    }
}
