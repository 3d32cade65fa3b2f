package chart

import (
	"math"
	"strconv"
	"strings"
)

// decimal writes v with a number of digits after the point and commas between thousands: "1,290", "0.0129".
func decimal(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, found := strings.Cut(s, ".")
	var groups []string
	for len(whole) > 3 {
		groups = append([]string{whole[len(whole)-3:]}, groups...)
		whole = whole[:len(whole)-3]
	}
	s = sign + strings.Join(append([]string{whole}, groups...), ",")
	if found {
		s += "." + fraction
	}
	return s
}

// thousands writes a count with commas.
func thousands(n int) string { return decimal(float64(n), 0) }

// significant writes v with three significant digits, all digits before the point, and an exponent only where v is
// tiny or huge: "1,290", "12.9", "0.0129", "1.29e-5".
func significant(v float64) string {
	a := math.Abs(v)
	if a == 0 {
		return "0"
	}
	if a < 1e-4 || a >= 1e9 {
		return exponent(v, 2)
	}
	return decimal(v, digitsFor(a))
}

// digitsFor is how many digits after the point a positive number needs for three significant digits.
func digitsFor(v float64) int { return max(0, 2-int(math.Floor(math.Log10(v)))) }

// exponent writes v as "1.29e-5"; digits are those after the point, -1 for as many as needed.
func exponent(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'e', digits, 64)
	return strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e-").Replace(s)
}
