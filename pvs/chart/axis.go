package chart

import "math"

// axis maps values from lo..hi to positions from..to.
type axis struct {
	lo, hi   float64
	log      bool
	from, to float64
}

// newAxis returns an axis over the values that is longer by a margin at both ends; the margin is a share of their
// range.
func newAxis(values []float64, log bool, margin, from, to float64) axis {
	a := axis{lo: math.Inf(1), hi: math.Inf(-1), log: log, from: from, to: to}
	for _, v := range values {
		a.lo, a.hi = min(a.lo, v), max(a.hi, v)
	}
	if log {
		pad := math.Pow(max(1.2, a.hi/a.lo), margin)
		a.lo, a.hi = a.lo/pad, a.hi*pad
		return a
	}
	pad := margin * (a.hi - a.lo)
	if a.hi == a.lo {
		pad = max(0.01, math.Abs(a.hi)/10)
	}
	a.lo, a.hi = a.lo-pad, a.hi+pad
	return a
}

// at is the position of a value.
func (a axis) at(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		v, lo, hi = math.Log(v), math.Log(lo), math.Log(hi)
	}
	return a.from + (v-lo)/(hi-lo)*(a.to-a.from)
}

// tick is a marked value of an axis.
type tick struct {
	value float64
	text  string
}

// ticks are about n round values.
func (a axis) ticks(n int) []tick {
	if a.log && a.hi/a.lo > 4 {
		return a.decades()
	}
	step, digits := roundStep((a.hi - a.lo) / float64(n))
	var out []tick
	for i := math.Ceil(a.lo / step); i*step <= a.hi; i++ {
		v := i*step + 0 // without the sign of a negative zero
		out = append(out, tick{v, decimal(v, digits)})
	}
	return out
}

// decades are powers of ten, with twice and five times them where there are few.
func (a axis) decades() []tick {
	factors := []float64{1}
	if a.hi/a.lo < 1e3 {
		factors = []float64{1, 2, 5}
	}
	var out []tick
	for e := math.Floor(math.Log10(a.lo)); e <= math.Ceil(math.Log10(a.hi)); e++ {
		for _, f := range factors {
			if v := f * math.Pow(10, e); v >= a.lo && v <= a.hi {
				out = append(out, tick{v, power(v)})
			}
		}
	}
	return out
}

// power writes 1, 2 or 5 times a power of ten, without an exponent as long as it is short.
func power(v float64) string {
	if v >= 1e-4 && v <= 1e6 {
		return decimal(v, max(0, int(math.Ceil(-math.Log10(v)-1e-9))))
	}
	return exponent(v, -1)
}

// roundStep is the step of 1, 2 or 5 times a power of ten that is next above a width,
// and the digits after the point that it needs.
func roundStep(width float64) (step float64, digits int) {
	e := math.Floor(math.Log10(width))
	for _, f := range []float64{1, 2, 5, 10} {
		if step = f * math.Pow(10, e); step >= width*0.999 {
			if f == 10 {
				e++
			}
			break
		}
	}
	return step, int(max(0, -e))
}
