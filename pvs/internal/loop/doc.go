// Package loop puts a loop into a graph, whose body is compiled once: XLA takes
// milliseconds to compile an operation, so a body that is unrolled 25 times costs 25
// times as much before the first step.
//
//	sums := loop.For(g, n, func(i *graph.Node, state []*graph.Node) []*graph.Node { ... }, first...)
package loop
