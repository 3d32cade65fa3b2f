// Package asgraph remembers on which backends networks are wanted as graphs, even where
// kernels of their own could compute: package backend is told so by its caller, package
// native asks.
package asgraph
