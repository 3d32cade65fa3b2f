package search

import (
	"context"
	"fmt"
	"math"
)

// Hit is a row of the index that was found.
type Hit struct {
	Row   int
	Score float32 // inner product with the query; higher is nearer
}

// Options of one search.
type Options struct {
	// QueryIDs are the queries' ids, or nil. A row with the query's id is not its hit,
	// unless Itself says otherwise.
	QueryIDs []string
	// Itself says whether a row that has a query's id is the query itself; nil: it is.
	Itself func(query, row int) bool
	// Progress is called with the number of tiles that are done; may be nil.
	Progress func(done, total int)
}

// Index is a set of vectors that can be searched.
type Index interface {
	// Search returns for each query ([q, Dim], row by row) its k nearest rows, nearest
	// first, equal scores in the order of their ids; fewer where the index is smaller.
	Search(ctx context.Context, queries []float32, k int, opts Options) ([][]Hit, error)
	Len() int
	Dim() int
	ID(row int) string
}

// unitTolerance is how far a squared length may be from 1.
const unitTolerance = 2e-3

// checkUnit makes sure that vectors are finite and of unit length.
func checkUnit(what string, data []float32, dim int, id func(i int) string) error {
	if dim < 1 || len(data)%dim != 0 {
		return fmt.Errorf("%d values do not make %ss of dimension %d", len(data), what, dim)
	}
	for i := 0; i*dim < len(data); i++ {
		var sum float32
		for _, v := range data[i*dim : (i+1)*dim] {
			sum += v * v
		}
		if math.IsNaN(float64(sum)) || math.IsInf(float64(sum), 0) {
			return fmt.Errorf("%s %d (%s) holds a value that is no finite number; embed that photo again", what, i, id(i))
		}
		if math.Abs(float64(sum)-1) > unitTolerance {
			return fmt.Errorf("%s %d (%s) has the length %.4g, not 1; normalise the vectors before searching",
				what, i, id(i), math.Sqrt(float64(sum)))
		}
	}
	return nil
}
