import CLibPQ

extension ConnectionHandle {
    /// Sends one statement without parameters by the extended protocol.
    func send(statement: String) -> Bool {
        PQsendQueryParams(pointer, statement, 0, nil, nil, nil, nil, 0) == 1
    }

    func send(_ query: Query) -> Bool {
        let count = Int32(query.parameters.count)
        return query.parameters.withCParameters { values, lengths, formats in
            PQsendQueryParams(pointer, query.text, count, query.typeSignature, values, lengths, formats, 0) == 1
        }
    }

    func sendPrepare(_ query: Query, name: String) -> Bool {
        PQsendPrepare(pointer, name, query.text, Int32(query.parameters.count), query.typeSignature) == 1
    }

    func send(_ query: Query, prepared name: String) -> Bool {
        let count = Int32(query.parameters.count)
        return query.parameters.withCParameters { values, lengths, formats in
            PQsendQueryPrepared(pointer, name, count, values, lengths, formats, 0) == 1
        }
    }
}

extension [QueryParameter] {
    /// Gives the parameters in libpq's form: texts with a final NUL, bytes in the binary format.
    fileprivate func withCParameters<R>(
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> R
    ) -> R {
        var storage: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        var formats: [Int32] = []
        for parameter in self {
            switch parameter {
            case .null:
                offsets.append(nil)
                lengths.append(0)
                formats.append(0)
            case .text(let text):
                offsets.append(storage.count)
                storage.append(contentsOf: text.utf8)
                storage.append(0)
                lengths.append(0)
                formats.append(0)
            case .bytes(let bytes):
                offsets.append(storage.count)
                storage.append(contentsOf: bytes)
                storage.append(0)
                lengths.append(Int32(bytes.count))
                formats.append(1)
            }
        }
        return storage.withUnsafeBytes { raw in
            let values = offsets.map { offset in
                offset.flatMap { offset in raw.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) } }
            }
            return body(values, lengths, formats)
        }
    }
}
