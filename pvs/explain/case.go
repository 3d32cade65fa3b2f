package explain

import (
	"cmp"
	"slices"
)

// Case is a query that does not find all it could.
type Case struct {
	Query    string
	Relevant int     // right photos by the truth
	Hits     int     // of them among the first ten
	Recall   float64 // Hits by Relevant
	Ranks    []int   // of the right photos, nearest first; 0: beyond the first 100
	Causes   []Found // the main one first
	// Results are the first ten, as they were found.
	Results []Result
	Right   []string // the right photos, nearest first

	query int // row of the queries
}

// Result is one of the first ten results.
type Result struct {
	Photo string
	Score float32 // cosine
	Right bool
}

// Found is a cause that its test found for a query.
type Found struct {
	Cause  Cause
	Detail string // one clause: what the test saw
	Photo  string // that is evidence, of the index; "": none
	// Gain is how much the query's recall rises when just this is mended; AtMost where no cure is known to reach it.
	Gain   float64
	AtMost bool

	seen bool // pixels show it, whatever the network makes of it
}

// Main is the cause to look at first.
func (c *Case) Main() Cause { return c.Causes[0].Cause }

// Has says whether a cause was found.
func (c *Case) Has(cause Cause) bool {
	return slices.ContainsFunc(c.Causes, func(f Found) bool { return f.Cause == cause })
}

// sort puts the main cause first: by how sure its test is, but those whose cure does not help this query behind those
// whose cure does, unless the photo itself shows them.
func (c *Case) sort() {
	place := func(f Found) int {
		switch {
		case f.seen:
			return min(f.Cause.tier(), Turned.tier())
		case f.Gain > 0:
			return f.Cause.tier()
		case f.Cause == Ground:
			return lastTier - 1
		}
		return lastTier
	}
	slices.SortStableFunc(c.Causes, func(a, b Found) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(b.Gain, a.Gain),
			cmp.Compare(slices.Index(Causes, a.Cause), slices.Index(Causes, b.Cause)))
	})
}
