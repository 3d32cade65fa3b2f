// Package verify compares this program with values that Keras and TensorFlow computed:
// image steps, weights of every file format, the network's features and inner
// activations, losses, and training step by step, on each backend. It takes any folder of the layout described in
// docs/verify.md, so it also proves a new backend or other weights.
package verify
