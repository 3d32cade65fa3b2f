package evaluate

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// SignFlips is the outcome of a permutation test of paired differences.
type SignFlips struct {
	// P is the two-sided p value: how often a mean at least as far from 0 comes about if each query's difference may as
	// well have the other sign.
	P float64 `json:"p"`
	// Resolution is the smallest p value that the test can give, and the step between its p values.
	Resolution float64 `json:"p_resolution"`
	Error      float64 `json:"p_error"`    // standard error of P, 0 where it is exact
	Exact      bool    `json:"p_exact"`    // all sign patterns were counted; else they were drawn
	Patterns   int     `json:"p_patterns"` // how many were
}

const (
	exactFlips = 20    // differences up to which all patterns are counted: 2^20 sums
	drawnFlips = 10000 // patterns that are drawn otherwise, for a resolution of 1e-4
)

// FlipSigns tests whether the mean of paired differences is 0 (Fisher 1935, 21; Smucker, Allan & Carterette 2007 for
// rankings). Differences that are 0 have no sign and change nothing. Of up to 20 others all sign patterns are counted;
// else 10,000 are drawn from the seed, and the observed one is counted with them (Phipson & Smyth 2010), so that P
// is never 0.
func FlipSigns(differences []float64, seed uint64) SignFlips {
	var signed []float64
	total, size := 0.0, 0.0
	for _, d := range differences {
		if d != 0 {
			signed = append(signed, d)
		}
		total, size = total+d, size+math.Abs(d)
	}
	// Sums of the same numbers in another order differ by rounding: as far as that counts as equal.
	least := math.Abs(total) - 1e-12*size
	if len(signed) <= exactFlips {
		all := 1 << len(signed)
		p := float64(countExact(signed, least)) / float64(all)
		return SignFlips{P: p, Resolution: resolution(len(signed)), Exact: true, Patterns: all}
	}
	extreme := countDrawn(signed, least, rand.New(rand.NewPCG(seed, 2)))
	p := float64(extreme+1) / float64(drawnFlips+1)
	return SignFlips{P: p, Resolution: 1 / float64(drawnFlips+1), Error: math.Sqrt(p * (1 - p) / drawnFlips),
		Patterns: drawnFlips}
}

// resolution is the least p value of the exact test: a pattern and its mirror image are as far from 0.
func resolution(n int) float64 {
	return min(1, math.Pow(2, float64(1-n)))
}

// countExact counts the sign patterns whose sum is at least that far from 0. From each pattern to the next one sign
// changes (Gray code).
func countExact(signed []float64, least float64) int {
	sum := 0.0
	for _, d := range signed {
		sum += d
	}
	count := 0
	sign := make([]bool, len(signed)) // turned
	for pattern := range 1 << len(signed) {
		if pattern > 0 {
			i := bits.TrailingZeros(uint(pattern))
			if sign[i] = !sign[i]; sign[i] {
				sum -= 2 * signed[i]
			} else {
				sum += 2 * signed[i]
			}
		}
		if math.Abs(sum) >= least {
			count++
		}
	}
	return count
}

// countDrawn counts the same among drawn patterns.
func countDrawn(signed []float64, least float64, rng *rand.Rand) int {
	count := 0
	for range drawnFlips {
		sum := 0.0
		for from := 0; from < len(signed); from += 64 {
			signs := rng.Uint64()
			for _, d := range signed[from:min(from+64, len(signed))] {
				// The lowest bit becomes the sign of the difference.
				sum += math.Float64frombits(math.Float64bits(d) ^ signs<<63)
				signs >>= 1
			}
		}
		if math.Abs(sum) >= least {
			count++
		}
	}
	return count
}
