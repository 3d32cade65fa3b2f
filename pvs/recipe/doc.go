// Package recipe holds the journey's 17 runs as the table in which they were published,
// the scales at which they are repeated, and a user's own phases from a TOML file.
//
//	for _, run := range recipe.Journey() {
//		fmt.Println(run.Name, "from", run.From, run.Phase)
//	}
//	settings := recipe.Small.Settings(run, true)
package recipe
