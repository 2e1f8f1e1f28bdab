/// A new sequence under a column that was there before.
extension DDLWriter {
    private func newSequence(_ ownership: SequenceOwnership) -> (sequence: Sequence, column: Column)? {
        let id = ObjectID(.sequence, ownership.sequence)
        guard isMade(id), let sequence = difference.new.objects[id] as? Sequence,
            let column = difference.new.objects[ObjectID(.column, ownership.column)] as? Column,
            !isMade(ObjectID(.table, column.table))
        else { return nil }
        return (sequence, column)
    }

    /// A sequence has to belong to whom the table belongs, at the moment.
    func handingOver(_ ownership: SequenceOwnership) -> [String] {
        guard let (sequence, column) = newSequence(ownership) else { return [] }
        let id = ObjectID(.owner, ObjectID(.table, column.table).description)
        guard difference.fates[id] != .drop, let owner = difference.old.objects[id] as? Owner else { return [] }
        return ["ALTER SEQUENCE \(sequence.name) OWNER TO \(owner.role)"]
    }

    /// Brings it to where the column is that it counts for from now on.
    func catchingUp(_ ownership: SequenceOwnership) -> [String] {
        guard let (sequence, column) = newSequence(ownership), difference.old.objects[column.id] != nil,
            !isMade(column.id), ["smallint", "integer", "bigint"].contains(column.type),
            column.standard?.expression.hasPrefix("nextval(") ?? false
        else { return [] }
        return [sequence.numbers.catchingUp(sequence.name, table: column.table, column: column.column)]
    }
}
