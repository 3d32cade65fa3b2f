// Package chart draws what a search found and how it scored.
//
// A [Gallery] shows queries with their nearest neighbours, right ones marked, as a
// picture and as one self-contained HTML page.
//
//	g := chart.Gallery{Title: "EfficientNet-Lite0", Systems: systems, Rows: chart.Pick(rows, 5, 5)}
//	err := g.PNG("gallery.png")
//	err = g.HTML("gallery.html")
//
// A [Journey] shows runs that build on each other, their published scores beside those
// measured here, as PNG, SVG, an interactive page and a table. [Curves] shows losses
// and the like over epochs, [Scatter] two values of named things, [Distributions] how
// values spread, [Bars] and [DotPlot] values by name, [Triplet] what a triplet loss compares, and
// [Tiles] any images in a grid, such as those that [Activations] draws.
package chart
