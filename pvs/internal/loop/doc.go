// Package loop runs a part of a graph several times over, compiled once: XLA takes
// milliseconds for each operation, and what is written out 25 times costs 25 times that
// before the first step.
//
//	sums := loop.Times(g, n, func(i *graph.Node, state []*graph.Node) []*graph.Node { ... }, first...)
package loop
