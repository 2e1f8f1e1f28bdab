import CLibPQ

/// COPY data in both directions, a piece at a time, so that libpq's buffers stay small and nobody waits for nobody.
extension Connection {
    private static let pieceSize = 64 * 1024

    /// The server has asked for data.
    func beginCopyIn() {
        guard let handle, let command = running else { return }
        guard case .copyIn = command.entry.payload.request, !command.didCopyIn else {
            // A statement without data of its own must not wait for data for ever.
            PQputCopyEnd(handle.pointer, "there is no data for this COPY FROM STDIN")
            return flush()
        }
        running?.didCopyIn = true
        running?.phase = .copyingIn(sent: 0)
        continueCopyIn()
    }

    /// Gives data until the socket takes no more; the socket's events call it again.
    func continueCopyIn() {
        while let handle, let command = running, case .copyingIn(let sent) = command.phase,
            case .copyIn(_, let data) = command.entry.payload.request
        {
            if command.isCancelRequested {
                return endCopyIn(handle, complaint: "cancelled")
            }
            guard sent < data.count else { return endCopyIn(handle, complaint: nil) }
            let count = min(Self.pieceSize, data.count - sent)
            let result = data.withUnsafeBytes { bytes in
                let start = bytes.baseAddress.map { ($0 + sent).assumingMemoryBound(to: CChar.self) }
                return PQputCopyData(handle.pointer, start, Int32(count))
            }
            switch result {
            case 1: running?.phase = .copyingIn(sent: sent + count)
            case 0: return watch?.awaitWriting(true) ?? ()
            default: return copyInFailed(handle)
            }
            switch PQflush(handle.pointer) {
            case 0: continue
            case 1: return watch?.awaitWriting(true) ?? ()
            default: return copyInFailed(handle)
            }
        }
    }

    private func endCopyIn(_ handle: ConnectionHandle, complaint: String?) {
        switch PQputCopyEnd(handle.pointer, complaint) {
        case 1:
            running?.phase = .executing(usesPrepared: false)
            flush()
        case 0: watch?.awaitWriting(true)
        default: copyInFailed(handle)
        }
    }

    private func copyInFailed(_ handle: ConnectionHandle) {
        running?.phase = .executing(usesPrepared: false)
        // libpq has the reason ready as a result, or the session is broken.
        if handle.isBroken { lost(nil) } else { flush() }
    }

    /// Throws away what the server sends; true when it has sent everything.
    func discardCopyOut(_ handle: ConnectionHandle) -> Bool {
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(handle.pointer, &buffer, 1)
            if let buffer { PQfreemem(buffer) }
            if count > 0 { continue }
            if count == 0 { return false }
            running?.phase = .executing(usesPrepared: false)
            return true
        }
    }
}
