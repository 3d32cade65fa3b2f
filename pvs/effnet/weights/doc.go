// Package weights reads the weights of EfficientNets from the files that people
// have - Keras .h5, safetensors, PyTorch .pth - under the names and in the
// layouts of package effnet.
//
// Weights go by name, never by position: a missing, unused or misshapen tensor
// is an error that lists what is wrong.
//
//	source, path, err := weights.Default(ctx, log)   // fetch ImageNet weights once
//	w, err := weights.Load(path, config)             // any of the three formats
//	err = config.Load(scope, w.Values)               // into a GoMLX store
package weights
