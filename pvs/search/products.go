package search

// multiplier begins searches.
type multiplier interface {
	// begin takes the queries [n, dim] of a search, to be multiplied in tiles of so many.
	begin(queries []float32, tile int) (products, error)
}

// products are the inner products of one search, a tile of queries and rows at a time.
type products interface {
	// rows takes the rows [nr, dim] of the next tiles.
	rows(data []float32, nr int) error
	// tile multiplies tile t of the queries with the rows. Its scores have to be read once,
	// which another goroutine may do meanwhile.
	tile(t int) (scores, error)
	// end comes when all scores are read.
	end()
}

// scores hands out a tile's scores: those of query i begin at flat[i*stride]. They are
// gone when use returns.
type scores func(use func(flat []float32, stride int)) error
