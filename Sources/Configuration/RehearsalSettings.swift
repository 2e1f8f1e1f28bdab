public import Planning

/// The section `[database.NAME.rehearsal]`.
public struct RehearsalSettings: Sendable, Equatable {
    /// Whether upgrades and downgrades are rehearsed, where a backup is taken.
    public var isOn: Bool
    /// Where the copies are while they are needed.
    public var directory: String
    /// The size of a database up to which it is rehearsed.
    public var maximumSize: Int64
    /// Whether an upgrade is taken back in the copy as well.
    public var takesWayBack: Bool
    /// The size of a database up to which it is.
    public var wayBackMaximumSize: Int64
    /// How long a strong lock may be held before that is a finding.
    public var lockBudget: Duration
    /// The size of a table from which on its rewriting is a finding.
    public var rewriteSize: Int64
    /// The findings that end the job before anything is done.
    public var refused: Set<RehearsalFinding.Code>
    /// The findings that somebody has to consent to before the job goes on.
    public var asked: Set<RehearsalFinding.Code>
    /// What is done where carrying out the plan takes far longer than the rehearsal did, and how long that is.
    public var overrun: OverrunPolicy

    /// The section with its defaults where nothing is said.
    public init(
        isOn: Bool = true, directory: String, maximumSize: Int64 = 20 << 30, takesWayBack: Bool = true,
        wayBackMaximumSize: Int64 = 5 << 30, lockBudget: Duration = .seconds(1), rewriteSize: Int64 = 64 << 20,
        refused: Set<RehearsalFinding.Code> = [], asked: Set<RehearsalFinding.Code> = [],
        overrun: OverrunPolicy = OverrunPolicy()
    ) {
        self.isOn = isOn
        self.directory = directory
        self.maximumSize = maximumSize
        self.takesWayBack = takesWayBack
        self.wayBackMaximumSize = wayBackMaximumSize
        self.lockBudget = lockBudget
        self.rewriteSize = rewriteSize
        self.refused = refused
        self.asked = asked
        self.overrun = overrun
    }

    /// The section of a daemon's database of which nothing is said: copies are made in the state directory.
    init(of daemon: DaemonSettings) {
        self.init(directory: daemon.stateDirectory + "/rehearsals")
    }
}

/// Judges `[database.NAME.rehearsal]`.
struct RehearsalSectionJudge {
    let section: SectionReader
    let daemon: DaemonSettings

    private enum PolicyName: String, CaseIterable {
        case on, off
    }

    func judge() -> RehearsalSettings {
        var rehearsal = RehearsalSettings(of: daemon)
        rehearsal.directory = section.path("directory") ?? rehearsal.directory
        rehearsal.isOn = section.choice("policy", of: PolicyName.self) != .off
        rehearsal.maximumSize = section.size("max_size", in: 0...(1 << 50)) ?? rehearsal.maximumSize
        rehearsal.takesWayBack = section.flag("way_back") ?? rehearsal.takesWayBack
        rehearsal.wayBackMaximumSize =
            section.size("way_back_max_size", in: 0...(1 << 50)) ?? rehearsal.wayBackMaximumSize
        rehearsal.lockBudget =
            section.duration("lock_budget", in: .milliseconds(1)...(.seconds(86_400))) ?? rehearsal.lockBudget
        rehearsal.rewriteSize = section.size("rewrite_size", in: 0...(1 << 50)) ?? rehearsal.rewriteSize
        rehearsal.overrun.action = section.choice("overrun", of: OverrunPolicy.Action.self) ?? rehearsal.overrun.action
        if let factor = section.integer("overrun_factor", in: 2...1000) { rehearsal.overrun.factor = Double(factor) }
        if let least = section.duration("overrun_least", in: .milliseconds(1)...(.seconds(86_400))) {
            rehearsal.overrun.leastMilliseconds = least / .milliseconds(1)
        }
        rehearsal.refused = findings("refuse")
        rehearsal.asked = findings("ask")
        for code in rehearsal.asked.intersection(rehearsal.refused).map(\.rawValue).sorted() {
            section.report("ask", "\"\(code)\" is refused already", hint: "leave it in one of the two lists")
        }
        return rehearsal
    }

    private func findings(_ key: String) -> Set<RehearsalFinding.Code> {
        var codes: Set<RehearsalFinding.Code> = []
        for name in section.texts(key, element: "finding") ?? [] {
            guard let code = RehearsalFinding.Code(rawValue: name) else {
                section.report(
                    key, "\"\(name)\" is no finding",
                    hint: SectionReader.choiceHint(RehearsalFinding.Code.allCases.map(\.rawValue), for: name))
                continue
            }
            codes.insert(code)
        }
        return codes
    }
}
