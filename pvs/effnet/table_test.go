package effnet

import "testing"

// parameters counts the trained and stored weights without the classifier.
func parameters(c Config) int {
	n := 0
	for _, v := range c.Variables() {
		n += v.Size()
	}
	return n
}

// Counts are those that Keras's summary() and timm print without a classifier;
// Keras's include the 7 values of its Normalization layer, which is no weight here.
func TestParameterCounts(t *testing.T) {
	t.Parallel()
	want := map[string]int{
		"b0": 4049571 - 7, "b1": 6575239 - 7, "b2": 7768569 - 7, "b3": 10783535 - 7,
		"b4": 17673823 - 7, "b5": 28513527 - 7, "b6": 40960143 - 7, "b7": 64097687 - 7,
	}
	for name, n := range want {
		c, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := parameters(c); got != n {
			t.Errorf("%s: %d parameters, want %d", name, got, n)
		}
	}
}
