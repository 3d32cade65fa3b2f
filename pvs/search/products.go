package search

// multiplier computes inner products: in pure Go or on a backend.
type multiplier interface {
	// begin starts a search with its queries [n, dim], which are multiplied in tiles of tile queries.
	begin(queries []float32, tile int) (products, error)
}

// products are the inner products of one search, a tile of queries and rows at a time.
type products interface {
	// rows sets the rows [nr, dim] of the next tiles.
	rows(data []float32, nr int) error
	// tile multiplies tile t of the queries with the rows. Its scores must be read exactly
	// once, possibly in another goroutine.
	tile(t int) (scores, error)
	// end frees the search's memory; all scores must have been read.
	end()
}

// scores calls use with a tile's scores: those of query i begin at flat[i*stride]. They
// are valid until use returns.
type scores func(use func(flat []float32, stride int)) error
