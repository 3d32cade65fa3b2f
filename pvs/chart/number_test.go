package chart

import "testing"

func TestNumbers(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		1290.4: "1,290", 1234567: "1,234,567", 12.94: "12.9", 1: "1.00", 0.94: "0.940", 0.0129: "0.0129",
		0.000129: "0.000129",
		1.29e-5:  "1.29e-5", 3e10: "3.00e10", 2e-100: "2.00e-100", 0: "0", -1290: "-1,290", -0.5: "-0.500",
	} {
		if got := significant(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 4049564: "4,049,564", -61000: "-61,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
