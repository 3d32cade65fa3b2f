package pace

import "time"

// Pace is the speed of a piece of work. The zero value is ready for the first report.
type Pace struct {
	begin time.Time // of the first report
	first int       // what was done then
}

// Left takes a report and estimates the time to the end. It returns 0 at the end, and
// where it cannot tell: before a twentieth of the work is done, and for an unknown total,
// which is negative. Only work after the first report counts, so preparations, compilation
// and the work of an earlier start do not change the estimate.
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
