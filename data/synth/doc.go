// Package synth draws products: an unlimited, reproducible catalogue of parametric
// shapes in 16 departments, for trying out and teaching a search without any data set.
//
// A leaf of the category tree is a function from random numbers to a mesh. Products
// of one leaf share their structure and differ in proportions, parts, colours and
// pattern, so that a photo is easily confused with a neighbour's. Product i of a seed
// is always the same, however many products are asked for.
//
//	products := synth.Catalog(7, 300)
//	p := products.At(12) // title, category, and a mesh when it is asked for
package synth
