// Package backbone embeds photos by any image network that is there as an ONNX file, on ONNX Runtime.
//
// A [File] is such a file, looked at before it runs: one input of photos, what it was made for, which of its values can
// become vectors. [Settings] say what a file leaves open - normalisation, input size, output - and come from a file of
// JSON beside it, from the table of [Known] networks or from a caller. A [Network] is both, running: an embed.Embedder.
package backbone
