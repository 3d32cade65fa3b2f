package pace

import "time"

// Pace is how fast a piece of work gets on. The zero value is ready for the first report.
type Pace struct {
	begin time.Time // of the first report
	first int       // what was done then
}

// Left takes a report and estimates the time to the end: 0 where there is nothing to go
// by, which is so at the end, before a twentieth of the work is seen to be done, and for a
// total that is not known, which is negative. What came before the first report is no part
// of the pace: preparations, compiling, the work of an earlier start.
func (p *Pace) Left(now time.Time, done, total int) time.Duration {
	if p.begin.IsZero() {
		p.begin, p.first = now, done
	}
	n := done - p.first
	if n <= 0 || done >= total || n*20 < total-p.first {
		return 0
	}
	return time.Duration(float64(now.Sub(p.begin)) / float64(n) * float64(total-done))
}
