package retrieval

import (
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// A photo is never its own neighbour. Which row of the index is the query itself, ids
// alone do not say: within a catalogue they are unique, but two lists that both count
// from 0 have the same ids for other photos.

// IDs says what the same id in the index and among the queries means.
type IDs string

// The meanings of an id.
const (
	// ByVector takes a query for a row of the index where id and vector are the same: the
	// vector in direction and length, but for rounding. It is the default.
	ByVector IDs = "auto"
	OneList  IDs = "one" // the same id is the same photo, whatever the vectors are
	TwoLists IDs = "two" // the same id is another photo: nothing is left out
)

// Tolerances for rounding, to float16 or by another engine: the cosine of a vector and
// its rounded copy, and the relative difference of their lengths.
const (
	minSameCosine   = 1 - 1e-4
	lengthTolerance = 1e-3
)

// itself says whether query q is the photo of a row that has its id.
func (x *Index) itself(queries *vectors.Set) func(q, row int) bool {
	switch x.IDs {
	case OneList:
		return func(q, row int) bool { return true }
	case TwoLists:
		return func(q, row int) bool { return false }
	}
	return func(q, row int) bool { return sameVector(queries, q, x.set, row) }
}

// sameVector compares two unit vectors, and the lengths that they had before they were
// normalised where both are known. A length of 1 is not compared: the vector may be a
// copy that another program normalised.
func sameVector(a *vectors.Set, i int, b *vectors.Set, j int) bool {
	la, lb := a.Length(i), b.Length(j)
	if known := la > 0 && lb > 0 && !isUnit(la) && !isUnit(lb); known && math.Abs(la-lb) > lengthTolerance*max(la, lb) {
		return false
	}
	cosine := 0.0
	other := b.Row(j)
	for d, v := range a.Row(i) {
		cosine += float64(v) * float64(other[d])
	}
	return cosine >= minSameCosine
}

// isUnit says whether a length is 1 but for rounding.
func isUnit(length float64) bool { return math.Abs(length-1) <= lengthTolerance }

// Shared says how many queries have the id of a row of the index, and how many of these
// are taken for that very photo.
func (x *Index) Shared(queries *vectors.Set) (ids, photos int) {
	if queries.Dim != x.Dim() {
		return 0, 0 // which a search refuses
	}
	itself := x.itself(queries)
	for q, id := range queries.IDs {
		if row, ok := x.Row(id); ok {
			ids++
			if itself(q, row) {
				photos++
			}
		}
	}
	return ids, photos
}

// Decision is [Index.Shared] as a sentence; "" where no id is shared. Index.IDs overrides
// the decision.
func (x *Index) Decision(queries *vectors.Set) string {
	ids, photos := x.Shared(queries)
	switch {
	case ids == 0:
		return ""
	case photos == ids:
		return fmt.Sprintf("%d of %d queries are photos of the index (by id%s) and are not found as themselves", ids,
			queries.Len(), x.matchedBy())
	case photos == 0:
		return fmt.Sprintf("%d of %d queries have an id of the index for another photo (by the %s): nothing is left out as "+
			"the query itself", ids, queries.Len(), x.decidedBy())
	}
	return fmt.Sprintf("%d of %d queries have an id of the index; %d of them have the same vector there and are not "+
		"found as themselves, the others are taken for other photos",
		ids, queries.Len(), photos)
}

func (x *Index) matchedBy() string {
	if x.IDs == OneList {
		return ""
	}
	return " and vector"
}

func (x *Index) decidedBy() string {
	if x.IDs == TwoLists {
		return "user's word"
	}
	return "vectors"
}
