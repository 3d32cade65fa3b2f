package evaluate

import "math"

// Of the planned test: two-sided, at level, with the chance of power to find what is there.
const (
	level = 0.05
	power = 0.8
)

// QueriesNeeded returns how many queries a paired test would need to tell two systems apart, with power 0.8 at the
// two-sided level 0.05, if mean and variance of the differences are as observed:
//
//	n = ((z(1 - 0.05/2) + z(0.8)) * s / mean)^2, rounded up
//
// with the quantiles z of the normal distribution and s the standard deviation with n - 1 (Cohen 1988, chapter 2, for
// d = mean / s; Sakai 2018, chapter 6, for queries). At least 2. It is an estimate: of few queries mean and s are not
// known well. It is 0 where no number is enough, as the mean is 0, or where one query leaves the variance unknown.
func QueriesNeeded(differences []float64) int {
	n := len(differences)
	m := mean(n, func(i int) float64 { return differences[i] })
	if n < 2 || m == 0 {
		return 0
	}
	variance := mean(n, func(i int) float64 { return (differences[i] - m) * (differences[i] - m) }) *
		float64(n) / float64(n-1)
	z := quantile(1-level/2) + quantile(power)
	needed := math.Ceil(z * z * variance / (m * m))
	if needed > math.MaxInt32 {
		return 0 // the mean is 0 but for rounding
	}
	return max(2, int(needed))
}

// quantile is the normal distribution's.
func quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
