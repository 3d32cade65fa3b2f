// Package evaluate scores ranked results against the truth: which index photos show
// the same product as a query.
//
//	report, err := evaluate.Score(ranked, truth, evaluate.Options{})
//	mar, _ := report.Metric("mar_at_10")
//
// [PassportOf] scores by every definition that papers and libraries use, with their names;
// [Compare] tells whether two searches differ by more than chance.
//
// docs/metrics.md has every metric by its full name with its formula and an example
// by hand. All of them are computed for each query and averaged over the queries that
// have a truth; intervals come from the bootstrap over queries.
package evaluate
