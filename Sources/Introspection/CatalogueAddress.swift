/// Where the catalogue keeps an object: only for the time of one reading.
struct CatalogueAddress: Hashable {
    /// The catalogue.
    var catalogue: UInt32
    /// The row.
    var object: UInt32
    /// The column, or 0.
    var part: Int32
}
