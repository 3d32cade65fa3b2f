package evaluate

// Conventions are what papers and libraries do differently before any formula: whose queries count, whether a photo may
// be its own match, and how results of one score are ordered. The zero value is the project's (docs/metrics.md).
type Conventions struct {
	NoTruth   NoTruth
	NoResults NoResults
	Self      Self
	Ties      Ties
}

// NoTruth is what a query without any right photo counts as.
type NoTruth int

// Queries without truth.
const (
	NoTruthLeftOut NoTruth = iota
	NoTruthZero
	NoTruthOne
)

// NoResults is what a query with a truth and without results counts as.
type NoResults int

// Queries without results.
const (
	NoResultsZero NoResults = iota
	NoResultsLeftOut
)

// Self is what a result that is the query itself counts as, where its id says so.
type Self int

// The query's own photo among the results.
const (
	SelfLeftOut Self = iota // no result, and no part of the truth
	SelfRight               // a right result, which R counts
	SelfByTruth             // right where the truth lists it, else a wrong result that takes a rank
)

// Ties is how results with equal scores are ordered.
type Ties int

// Orders of results with equal scores. They need scores that do not rise with the rank.
const (
	TiesAsRanked     Ties = iota // as the ranks say
	TiesIDDescending             // by id from the last to the first, byte by byte, as trec_eval orders them
	TiesBest                     // right ones first: the most that any order could score
	TiesWorst                    // right ones last
)

// departure is a way to differ from the project's conventions: in one point, or as a library does by default.
type departure struct {
	key, title  string
	conventions func(c *Conventions)
	library     string // "": one point, which no library has by itself
	ties, self  bool   // needs scores; needs ids that mean one list of photos
}

// departures are those that a passport shows.
var departures = []departure{
	{key: "no_truth_0", title: "queries without truth count as 0",
		conventions: func(c *Conventions) { c.NoTruth = NoTruthZero }},
	{key: "no_truth_1", title: "queries without truth count as 1",
		conventions: func(c *Conventions) { c.NoTruth = NoTruthOne }},
	{key: "no_results_left_out", title: "queries without results are left out",
		conventions: func(c *Conventions) { c.NoResults = NoResultsLeftOut }},
	{key: "self_right", title: "the query's own photo counts as right, and in R", self: true,
		conventions: func(c *Conventions) { c.Self = SelfRight }},
	{key: "self_by_truth", title: "the query's own photo takes a rank, right only where the truth lists it", self: true,
		conventions: func(c *Conventions) { c.Self = SelfByTruth }},
	{key: "ties_id_descending", title: "equal scores ordered by id, last first", ties: true,
		conventions: func(c *Conventions) { c.Ties = TiesIDDescending }},
	{key: "ties_best", title: "equal scores ordered with the right ones first", ties: true,
		conventions: func(c *Conventions) { c.Ties = TiesBest }},
	{key: "ties_worst", title: "equal scores ordered with the right ones last", ties: true,
		conventions: func(c *Conventions) { c.Ties = TiesWorst }},
	{key: "scikit_learn", title: "as scikit-learn does: no_truth_0", library: sklearn,
		conventions: func(c *Conventions) { c.NoTruth = NoTruthZero }},
	{key: "torchmetrics", title: `as torchmetrics does by default: no_truth_0 (empty_target_action="neg")`,
		library: torchmetrics, conventions: func(c *Conventions) { c.NoTruth = NoTruthZero }},
	{key: "ranx", title: "as ranx does: self_by_truth", library: ranx,
		conventions: func(c *Conventions) { c.Self = SelfByTruth }},
	{key: "trec_eval", title: "as trec_eval does without -c: no_results_left_out, self_by_truth, ties_id_descending",
		library: trecEval, ties: true,
		conventions: func(c *Conventions) {
			c.NoResults, c.Self, c.Ties = NoResultsLeftOut, SelfByTruth, TiesIDDescending
		}},
}
