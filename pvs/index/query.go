package index

import "time"

// Query is one search.
type Query struct {
	Vector []float32 // [Dim], of Euclidean length 1
	K      int       // results: photos, or products; 1 to MaxK

	// ByProduct asks for products, each by its best photo.
	ByProduct bool
	// Category restricts the search to a category and what is below it; "": all.
	Category string
	// Where restricts the search to photos with these values: of product, title, path, digest, or of a field by its name.
	Where map[string]string
	// Exclude leaves out photos by their ids; ids that the index does not have do no harm.
	Exclude []string
	// MinScore leaves out results with a smaller cosine, where it is not 0.
	MinScore float32

	// Vectors asks for the results' vectors.
	Vectors bool

	// Exact compares with every vector, instead of with the best candidates only.
	Exact bool
	// Candidates is how many photos are compared exactly; 0: as many as calibration found to be enough.
	Candidates int
}

// MaxK bounds how many results a search may ask for.
const MaxK = 10_000

// Hit is a result.
type Hit struct {
	Photo
	Score  float32   `json:"score"` // cosine
	Vector []float32 `json:"-"`     // [Dim], of unit length, where Query.Vectors asks for it
}

// Answer is what a search found.
type Answer struct {
	Hits []Hit // best first; of equal scores the photo whose id comes first
	// Match says whether the best hit's score reaches the index's calibrated cut-off ([CutOff]); false without one.
	Match bool
	// State numbers the state of the index that was searched: it grows with every change.
	State      uint64
	Photos     int  // that the filters left to search in
	Candidates int  // of them compared exactly
	Exact      bool // whether all were
	Timing     Timing
}

// Timing is how long the stages of a search took.
type Timing struct {
	Filter time.Duration // finding the photos that may be results
	Scan   time.Duration // comparing codes
	Score  time.Duration // comparing vectors
	Look   time.Duration // reading of what photos the results are
	Total  time.Duration
}
