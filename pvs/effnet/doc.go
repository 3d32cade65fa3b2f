// Package effnet builds EfficientNet, the backbone of the search, as GoMLX graphs.
//
// A network is a stage table ([Stage]), scaled in width and depth by a [Config]
// (Tan & Le 2019): B0 to B7, Lite0 to Lite4, and Mini, a miniature for tests that
// goes through the same builder. Layers and weights carry Keras's names
// ("block7a_expand_conv/kernel"), so that weights load by name and every
// intermediate result can be asked for by the layer that makes it.
//
//	images [batch, h, w, 3], 0..255
//	  -> normalisation -> stem_conv -> block1a ... block7a -> top_conv -> average pooling
//	  -> features [batch, 1280]
//
// Weights are read by package pvs/effnet/weights; pvs/embed runs a network over photos.
package effnet
