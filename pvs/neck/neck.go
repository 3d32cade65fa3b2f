package neck

import "github.com/gomlx/gomlx/core/graph"

// InitialExponent is the one that [GeM] starts training from (Radenovic et al. 2018, section 5).
const InitialExponent = 3

// MinActivation is the smallest activation that [GeM] sees, as in the authors' program (cnnimageretrieval-pytorch).
const MinActivation = 1e-6

// Epsilon is added to variances, PyTorch's default.
const Epsilon = 1e-5

// BNNeckInput says how one graph runs [BNNeck].
type BNNeckInput struct {
	Gamma *graph.Node // [features], trained; it starts at 1
	// Train uses the batch's statistics, else the moving ones are.
	Train                      bool
	MovingMean, MovingVariance *graph.Node // [features]; for inference only
	// Weights are [batch], 1 for a row that counts, 0 for padding; nil: all count.
	Weights *graph.Node
}

// BNNeckOutput are the nodes of [BNNeck].
type BNNeckOutput struct {
	Normalized *graph.Node // [batch, features]
	// Mean and Variance [features] are the batch's, if BNNeckInput.Train is set: what the moving statistics
	// move to. The variance is the biased one, as in package classify, where PyTorch's moving one is unbiased.
	Mean, Variance *graph.Node
}
