// Package onnx writes models in the format of ONNX (onnx.proto, IR version 9), as far as
// a network needs it. GoMLX's ONNX Runtime backend runs such a model, and so writes what
// GoMLX has no operation for: quantised convolutions.
package onnx
