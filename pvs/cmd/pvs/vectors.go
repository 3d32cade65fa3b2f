package main

// vectorsVerbs are the verbs that make vectors of others, without looking at photos again (docs/after-training.md).
type vectorsVerbs struct {
	Whiten  vectorsWhitenCommand  `cmd:"" help:"${vectors_whiten}"`
	Augment vectorsAugmentCommand `cmd:"" help:"${vectors_augment}"`
	Join    vectorsJoinCommand    `cmd:"" help:"${vectors_join}"`
	Merge   vectorsMergeCommand   `cmd:"" help:"${vectors_merge}"`
}
