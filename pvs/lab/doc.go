// Package lab shows what the library makes inside of a notebook: pictures of package
// chart, photos, tables, progress and curves that grow while a cell runs, and widgets
// that call a function again.
//
//	lab.Ready()                                       // first cell: is everything there?
//	dir := lab.Folder("catalog")                      // what cells leave for later ones
//	update, finish := lab.Progress("embedding")       // fits embed.RunOptions.Progress
//	lab.Show(chart.Curves{...})                       // inline, as is any of chart's pictures
//	lab.Slider("margin", 0, 100, 50, func(f *lab.Frame, v int) { f.Show(triplets(v)) })
//
// In GoNB each cell is a program of its own: declarations stay, values do not, so what
// takes long goes to files under [Folder]. An error that reaches must.M or must.M1
// ends the cell with its sentence and no stack trace.
//
// Outside of a notebook everything works too: texts go to stdout, pictures are drawn
// and dropped, widgets show their first value.
package lab
