// Package neck holds what stands between a backbone's last convolution and a metric-learning loss: generalised-mean
// pooling with a trained exponent, which package effnet takes for features where weights have one, and BNNeck.
//
//	features := neck.GeM(activations, exponent)             // [batch, h, w, c] -> [batch, c], for losses of pairs
//	out := neck.BNNeck(features, neck.BNNeckInput{Gamma: gamma, Train: true})
//	margin.Graph(losses.Input{Embeddings: out.Normalized, ...}) // for losses with class weights, and the search
package neck
