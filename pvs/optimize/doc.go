// Package optimize updates weights that are plain slices: AdamW with a learning rate for each group of weights,
// a cosine schedule with warm-up, gradient clipping by the global norm, and a moving average of the weights.
//
//	schedule := optimize.Cosine{Steps: 10_000, WarmUp: 500}
//	adam, err := optimize.NewAdamW(weights, optimize.Options{}, groups...)
//	...
//	norm, err := optimize.ClipByGlobalNorm(gradients, 1)
//	err = adam.Step(gradients, schedule.Factor(step))
//	err = average.Update(weights)
//
// Weights are named, as in a checkpoint, and changed where they are. Work is spread over all cores; results
// do not depend on how many there are. The recipe of the original entry trains with the Adam of package finetune.
package optimize
