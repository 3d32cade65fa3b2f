package evaluate

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestRankCorrelation(t *testing.T) {
	// The values of the second group are those of scipy.stats.spearmanr 1.17.1.
	for name, c := range map[string]struct {
		a, b []float64
		want float64
	}{
		"same order":     {[]float64{1, 2, 3, 4}, []float64{0.1, 0.2, 0.9, 7}, 1},
		"opposite order": {[]float64{1, 2, 3}, []float64{9, 5, 1}, -1},
		// By hand: squares of rank differences 1, 1, 0, 0; 1 - 6*2/(4*15).
		"one swap": {[]float64{1, 2, 3, 4}, []float64{2, 1, 3, 4}, 0.8},
		// By hand: ranks 1, 2.5, 2.5, 4 and 2, 1, 3.5, 3.5; 2.25/4.5.
		"ties in both": {[]float64{1, 2, 2, 3}, []float64{4, 3, 5, 5}, 0.5},

		"scipy: journey": {
			[]float64{0.342, 0.388, 0.412, 0.378, 0.391, 0.398, 0.411, 0.440, 0.454, 0.459, 0.463, 0.325, 0.396, 0.411, 0.399,
				0.433},
			[]float64{0.51, 0.55, 0.58, 0.53, 0.55, 0.56, 0.57, 0.6, 0.62, 0.61, 0.63, 0.5, 0.54, 0.54, 0.56, 0.6},
			0.9394856974664393},
		"scipy: many ties": {[]float64{3, 1, 4, 1, 5, 9, 2, 6}, []float64{2, 7, 1, 8, 2, 8, 1, 8}, 0.19885368120992467},
		"scipy: huge":      {[]float64{1e300, -1e300, 0, math.Inf(1)}, []float64{0.1, 0.2, 0.3, 0.4}, 0.4},
	} {
		got, err := RankCorrelation(c.a, c.b)
		if err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
		if turned, err := RankCorrelation(c.b, c.a); err != nil || math.Abs(turned-got) > 1e-15 {
			t.Errorf("%s: turned around: got %v, %v, want %v", name, turned, err, got)
		}
	}
}

func TestRankCorrelationErrors(t *testing.T) {
	for want, c := range map[string][2][]float64{
		"3 scores with 2":  {{1, 2, 3}, {1, 2}},
		"at least 3":       {{1, 2}, {1, 2}},
		"all 3 scores are": {{1, 2, 3}, {5, 5, 5}},
		"score 2 is not":   {{1, math.NaN(), 3}, {1, 2, 3}},
	} {
		if _, err := RankCorrelation(c[0], c[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func ExampleRankCorrelation() {
	leaderboard := []float64{0.342, 0.388, 0.440, 0.463}
	measured := []float64{0.61, 0.70, 0.69, 0.74} // another scale, nearly the same order
	rho, err := RankCorrelation(leaderboard, measured)
	fmt.Printf("%.1f %v\n", rho, err)
	// Output: 0.8 <nil>
}
