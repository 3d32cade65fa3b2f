package chart

import (
	"cmp"
	"fmt"
	"image"
	"slices"
)

// Photo is a picture with its labels.
type Photo struct {
	ID       string
	Path     string // of the image file
	Product  string
	Category string // leaf
	Title    string
	Split    string      // where it matters
	Image    image.Image // is drawn instead of the file, if not nil; pages show files only
}

// Result is a neighbour of a query.
type Result struct {
	Photo
	Rank  int     // from 1
	Score float32 // cosine
	Right bool    // shows the same product
}

// Row is a query with its results.
type Row struct {
	Query    Photo
	Results  []Result // in the order of their ranks
	Recall   float64  // share of the relevant photos that are among the results
	Relevant int
	Hits     int
	Heading  string // above the row; where no row has one, the gallery writes its own
	Note     string // before the number of hits
}

// System is a bar of the comparison: a method of embedding and its MAR@10 with an interval.
type System struct {
	Name           string
	MAR, Low, High float64
}

// Gallery is a page of queries.
type Gallery struct {
	Title    string
	Subtitle string
	Systems  []System // the first is the one whose results are shown
	Rows     []Row
	Total    int // queries that the rows were picked from
	Footer   string
}

// Pick returns the best and the hardest queries, best first: sorted by recall, then by the number of relevant photos,
// then by the query's id.
func Pick(rows []Row, best, hardest int) []Row {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Recall, a.Recall), cmp.Compare(b.Relevant, a.Relevant),
			cmp.Compare(a.Query.ID, b.Query.ID))
	})
	if best+hardest >= len(sorted) {
		return sorted
	}
	return append(sorted[:best:best], sorted[len(sorted)-hardest:]...)
}

// recallText is the line below the query's photo.
func (r Row) recallText() string {
	text := fmt.Sprintf("%d of %d found", r.Hits, r.Relevant)
	if r.Note != "" {
		text = r.Note + ": " + text
	}
	return text
}
