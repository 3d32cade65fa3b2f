// Package replay shows what trainings did to a search: runs and epochs of train, journey and fit, from what they kept
// (package epochs), their logs and scores.
//
//	runs, err := replay.Find("runs", "fitted")
//	report, err := replay.Look(ctx, cat, runs, replay.Options{})
//	err = report.Page("What the trainings did").HTML("replay.html")
//
// Each epoch's vectors of the sample are searched and scored alike, and laid out in the plane by [Layout], in which
// photos move only as far as their vectors do. docs/replay.md says what the page shows.
package replay
