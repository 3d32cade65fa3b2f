// Package pace estimates the time left of work that reports its progress.
//
//	var p pace.Pace
//	left := p.Left(time.Now(), done, total) // at each report
package pace
