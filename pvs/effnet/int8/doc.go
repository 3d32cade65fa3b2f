// Package int8 quantises an EfficientNet to int8 for inference on ONNX Runtime:
// post-training static quantisation, activations unsigned with one scale a
// tensor, weights signed with one scale a channel (Jacob et al. 2018; Krishnamoorthi 2018).
// The range of each activation is calibrated on photos, those that are going to be
// embedded at best. [docs/performance.md] says what it is worth and what it loses.
//
// [docs/performance.md]: https://github.com/gopvs/product-visual-search/blob/main/docs/performance.md
package int8
