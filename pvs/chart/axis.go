package chart

import (
	"math"
	"strconv"
)

// axis maps values from lo..hi to places from..to.
type axis struct {
	lo, hi   float64
	log      bool
	from, to float64
}

// newAxis makes an axis on which the values have some room.
func newAxis(values []float64, log bool, room, from, to float64) axis {
	a := axis{lo: math.Inf(1), hi: math.Inf(-1), log: log, from: from, to: to}
	for _, v := range values {
		a.lo, a.hi = min(a.lo, v), max(a.hi, v)
	}
	if log {
		pad := math.Pow(max(1.2, a.hi/a.lo), room)
		a.lo, a.hi = a.lo/pad, a.hi*pad
		return a
	}
	pad := room * (a.hi - a.lo)
	if a.hi == a.lo {
		pad = max(0.01, math.Abs(a.hi)/10)
	}
	a.lo, a.hi = a.lo-pad, a.hi+pad
	return a
}

// at is the place of a value.
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
		out = append(out, tick{v, strconv.FormatFloat(v, 'f', digits, 64)})
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
				out = append(out, tick{v, decimal(v)})
			}
		}
	}
	return out
}

// decimal writes a number without an exponent as long as it is short.
func decimal(v float64) string {
	if v >= 1e-4 && v < 1e6 {
		return strconv.FormatFloat(v, 'f', max(0, int(math.Ceil(-math.Log10(v)-1e-9))), 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
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
