// Package backend finds or installs a GoMLX backend and says which one it is.
//
// Training runs on the backend that [Options] name; else on CUDA or a TPU, where there is
// one; else on XLA's CPU plugin; else on GoMLX's pure-Go backend, which needs
// nothing and is slow. Inference on a CPU runs on ONNX Runtime instead, which needs
// no compilation and runs this network two to three times as fast as XLA.
//
// What is missing is installed once for each user: by GoMLX's installers where their
// hosts answer, which check no digest of XLA's CPU plugin and ONNX Runtime, else from
// Python packages whose SHA-256 is known here. After that no network is needed.
package backend
