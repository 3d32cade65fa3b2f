// Package pace estimates how long work will still take that reports how much of it is
// done.
//
//	var p pace.Pace
//	left := p.Left(time.Now(), done, total) // at each report
package pace
