// Package journey trains the recipe's runs in the order in which they start from each
// other, scores each of them - after every epoch for the Siamese ones - and draws the
// chart that compares the scores with the published leaderboard.
//
//	j, err := journey.Open(catalog, journey.Options{Out: "journey", Scale: recipe.Small, ...})
//	defer j.Close()
//	results, err := j.Run(ctx, "")   // all runs; "1.8": that one and what it builds on
//	report, err := j.Report(results) // journey.csv, .md, .png, .svg and .html
//
// What is done is saved in the folder Out: interrupted or killed, it resumes from there.
package journey
