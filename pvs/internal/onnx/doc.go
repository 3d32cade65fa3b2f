// Package onnx writes models in the format of ONNX (onnx.proto, IR version 9), as far as
// a network needs it. GoMLX's ONNX Runtime backend runs such a model, and so writes what
// GoMLX has no operation for: quantised convolutions. It also reads what others' models
// say of themselves, without their weights: inputs, outputs, versions, files beside them.
package onnx
