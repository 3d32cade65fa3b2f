package combine

import "math"

// addUnit adds a vector, scaled to length 1, to a sum; false: it has no direction.
func addUnit(sum []float64, row []float32) bool {
	length := 0.0
	for _, v := range row {
		length += float64(v) * float64(v)
	}
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return false
	}
	scale := 1 / math.Sqrt(length)
	for d, v := range row {
		sum[d] += scale * float64(v)
	}
	return true
}

// cancelled is the length below which a sum of unit vectors is rounding only.
const cancelled = 1e-6

// unitInto writes a sum, scaled to length 1; false: it has no direction.
func unitInto(row []float32, sum []float64) bool {
	length := 0.0
	for _, v := range sum {
		length += v * v
	}
	length = math.Sqrt(length)
	if length < cancelled {
		return false
	}
	for d, v := range sum {
		row[d] = float32(v / length)
	}
	return true
}
