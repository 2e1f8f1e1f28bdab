extension JobEvent {
    /// The kinds of event of a job. Those that an administrator may look for have a MESSAGE_ID, which `journalctl -x`
    /// explains from the message catalogue.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case jobQueued = "job-queued"
        case jobStateChanged = "job-state-changed"
        case jobAwaitingApproval = "job-awaiting-approval"
        case lockWaiting = "lock-waiting"
        case lockAcquired = "lock-acquired"
        case backupStarted = "backup-started"
        case backupProgress = "backup-progress"
        case backupFinished = "backup-finished"
        case backupPruned = "backup-pruned"
        case backupNotPruned = "backup-not-pruned"
        case rehearsalProgress = "rehearsal-progress"
        case rehearsalFinished = "rehearsal-finished"
        case rehearsalFinding = "rehearsal-finding"
        case restoreProgress = "restore-progress"
        case restoreNoticed = "restore-noticed"
        case restoreFinished = "restore-finished"
        case stepStarted = "step-started"
        case stepProgress = "step-progress"
        case stepApplied = "step-applied"
        case stepRetried = "step-retried"
        case stepOverrun = "step-overrun"
        case blockersSeen = "blockers-seen"
        case blockersStay = "blockers-stay"
        case databaseEmptied = "database-emptied"
        case versionChangedOutside = "version-changed-outside"
        case schemaDrifted = "schema-drifted"
        case jobSucceeded = "job-succeeded"
        case jobFailed = "job-failed"
        case jobCancelled = "job-cancelled"
        case jobNeedsDecision = "job-needs-decision"

        /// The journal's MESSAGE_ID; nil for progress, which is too frequent to explain.
        public var messageID: String? {
            switch self {
            case .jobQueued: "520a3e6675ecbdbd433363a9cfcbb5a3"
            case .jobStateChanged: "e5c76b4ecf70494a033b91083b80bb32"
            case .jobAwaitingApproval: "3b0ea5f914bc7b70fdd7e482a4da4208"
            case .lockWaiting: "5cec53a9951e2bb5f8626bfcc8b0753c"
            case .lockAcquired: "653fd5d4a87d73337e4ac3d3dc8e7285"
            case .backupStarted: "16ac3a536cff892d596e4fec95916d08"
            case .backupFinished: "6e9177021a3842442cede34cbcdfb186"
            case .backupPruned: "4e6762ac1e613535a9e6d6cb292cf217"
            case .backupNotPruned: "8a5b2c7e4d1f4e0c96a3b7d5f2c81e49"
            case .rehearsalFinished: "8d0b3c52f1e94a7b9c6e2f4d7a1b5e30"
            case .rehearsalFinding: "b7e4a90d35c8462f8a1d6c3f9e0b2754"
            case .restoreNoticed: "91c5e0a7d24b4f3bb8e61f0a3d7c2f95"
            case .restoreFinished: "3fa0d8c16e7b45f29c4d8b1e6a50f7c3"
            case .stepStarted: "c2efb669634aa8d7eab3e4ccbf640515"
            case .stepApplied: "47be9ffba2c55359ec13173318cfd10f"
            case .stepRetried: "4bf9f617c7bc6148611dc92c0ceef419"
            case .stepOverrun: "ef9c6335fa08b714c9e2641a504a4611"
            case .blockersSeen: "6dd980a0a041201d1083aa500fb330f6"
            case .blockersStay: "29c4e7f0b6a84d1e9f53c8a2d70b6e15"
            case .databaseEmptied: "d3f6a81c5b2e4970a4c9e81b7f350d62"
            case .versionChangedOutside: "e1d1e091cbe511dbe6290c92e35ea806"
            case .schemaDrifted: "d7f0a35c29e14b8c96d3e8b1f4a27c50"
            case .jobSucceeded: "b5c31f043d20add8a68aef9f43199a90"
            case .jobFailed: "27d7889bd8a42c414b90e7bf57f6d17f"
            case .jobCancelled: "d28467b61e2cb4f77ea47a101942b20f"
            case .jobNeedsDecision: "a91060fae19fa54786a05e93f081a230"
            case .backupProgress, .rehearsalProgress, .restoreProgress, .stepProgress: nil
            }
        }

        /// The fields of the journal that each entry of this kind has and the catalogue may name.
        public var fields: Set<String> {
            let always: Set = ["MIGRATED_JOB", "MIGRATED_DATABASE", "MIGRATED_STATE", "MIGRATED_EVENT"]
            return switch self {
            case .stepStarted, .stepApplied, .stepRetried, .stepOverrun: always.union(["MIGRATED_REVISION"])
            default: always
            }
        }

        /// How much it concerns a person who reads nothing but the journal.
        public var weight: Weight {
            switch self {
            case .jobFailed, .jobNeedsDecision: .failure
            case .jobAwaitingApproval, .rehearsalFinding, .backupNotPruned, .blockersStay, .stepOverrun,
                .restoreNoticed, .versionChangedOutside, .schemaDrifted:
                .attention
            // Whatever settles itself, as most locks do, is no reason to call anybody.
            case .lockWaiting, .stepRetried, .blockersSeen: .notable
            case .backupProgress, .rehearsalProgress, .restoreProgress, .stepProgress: .progress
            default: .routine
            }
        }
    }

    /// What a kind of event asks of the person who reads the journal.
    public enum Weight: Sendable, Hashable, CaseIterable {
        /// Something did not come to its end: a person has to act.
        case failure
        /// Goes on only, or goes on well only, if a person looks at it.
        case attention
        /// Out of the ordinary, and nothing to do.
        case notable
        /// As it should be.
        case routine
        /// One of many of its kind.
        case progress
    }
}
