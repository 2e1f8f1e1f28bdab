/// What `read_alembic.py` says about a project.
struct AlembicProject: Decodable {
    var alembicVersion: String
    var versionTable: String
    var versionTableSchema: String?
    /// What env.py executes itself, outside of any revision.
    var statementsOfEnvironment: [String]
    /// Parents first.
    var revisions: [Revision]

    /// One revision, with its names as Alembic has them.
    struct Revision: Decodable {
        var id: String
        var path: String
        var downRevisions: [String]
        var dependsOn: [String]
        var branchLabels: [String]
        var message: String
        var created: String?
        /// What upgrade() sends; nil where there is no such function.
        var upgrade: [Part]?
        /// What downgrade() sends; nil where there is none, or where it says that there is no way back.
        var downgrade: [Part]?
    }

    /// One thing that was sent, or a place where a person has to say what would be.
    struct Part: Decodable {
        var sql: String?
        var isStandalone: Bool?
        var gap: String?
    }

    /// The whole answer.
    struct Answer: Decodable {
        var project: AlembicProject?
        var failure: Refusal?
    }

    /// Why a project cannot be read.
    struct Refusal: Decodable {
        var message: String
        var hint: String?
        var notes: [String]
        var lacksAlembic: Bool?
    }
}
