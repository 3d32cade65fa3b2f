// Package embed turns photos into vectors.
//
// An [Embedder] maps a prepared photo to a vector: [Network] runs an EfficientNet, on
// whatever engine is chosen for it (package engine), and takes its pooled features, [Histogram] counts colours
// and learns nothing, as a
// baseline. [Run] embeds any number of photos in bounded memory - decoding the next
// batch while the device works on this one - and goes on after a kill.
package embed
