package evaluate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// SciPy gave the p values of testdata/libraries.json.
func TestSignFlipsAgainstSciPy(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "libraries.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Flips []struct {
			Differences []float64
			P           float64
		} `json:"sign_flips"`
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Flips) == 0 {
		t.Fatal(err, len(file.Flips))
	}
	for _, f := range file.Flips {
		if got := FlipSigns(f.Differences, 0); !got.Exact || math.Abs(got.P-f.P) > 1e-9 {
			t.Errorf("%v: %+v, want p = %g", f.Differences, got, f.P)
		}
	}
}

// By hand: of the eight sign patterns of 1, 2, 3 two have a sum as far from 0 as 6; a 0 has no sign.
func TestSignFlipsByHand(t *testing.T) {
	for _, c := range []struct {
		differences   []float64
		p, resolution float64
		patterns      int
	}{
		{[]float64{1, 2, 3}, 2.0 / 8, 1.0 / 4, 8},
		{[]float64{1, 0, 2, 0, 3}, 2.0 / 8, 1.0 / 4, 8},
		{[]float64{-1, 2, 3}, 4.0 / 8, 1.0 / 4, 8},
		{[]float64{0.1, 0.2, -0.3}, 1, 1.0 / 4, 8}, // rounding leaves no 0 here
		{[]float64{5}, 1, 1, 2},
		{[]float64{0, 0}, 1, 1, 1},
	} {
		got := FlipSigns(c.differences, 0)
		if want := (SignFlips{P: c.p, Resolution: c.resolution, Exact: true, Patterns: c.patterns}); got != want {
			t.Errorf("%v: %+v, want %+v", c.differences, got, want)
		}
	}
}

// Of more differences than are counted, drawn patterns give the p value of the normal distribution, which sums of many
// signed numbers follow; the same seed gives the same.
func TestDrawnSignFlips(t *testing.T) {
	const n = 200
	rng := rand.New(rand.NewPCG(1, 2))
	differences := make([]float64, n)
	total, squares := 0.0, 0.0
	for i := range differences {
		differences[i] = rng.NormFloat64() + 0.1
		total += differences[i]
		squares += differences[i] * differences[i]
	}
	want := math.Erfc(math.Abs(total) / math.Sqrt(2*squares))
	got := FlipSigns(differences, 3)
	if got.Exact || got.Error <= 0 || math.Abs(got.P-want) > 5*got.Error+0.003 {
		t.Errorf("%+v, want p = %g", got, want)
	}
	if again := FlipSigns(differences, 3); again != got {
		t.Errorf("%+v and %+v of one seed", got, again)
	}
	for i := range differences {
		differences[i] = 1
	}
	if got := FlipSigns(differences, 3); got.P != got.Resolution || got.P <= 0 {
		t.Errorf("of 200 equal differences p = %g with the resolution %g", got.P, got.Resolution)
	}
}

// So many queries as are said to be needed find the difference in 80 of 100 experiments.
func TestQueriesNeeded(t *testing.T) {
	// By hand: mean 0.5, s^2 = 0.5 / 1, z = 1.95996 + 0.84162 = 2.80158; 7.84886 * 0.5 / 0.25 = 15.7.
	if got := QueriesNeeded([]float64{0, 1}); got != 16 {
		t.Errorf("%d, want 16", got)
	}
	for _, none := range [][]float64{{1}, {0, 0, 0}, {1, -1}} {
		if got := QueriesNeeded(none); got != 0 {
			t.Errorf("%v: %d, want 0", none, got)
		}
	}
	if got := QueriesNeeded([]float64{1, 1, 1}); got != 2 {
		t.Errorf("without variance %d, want 2", got)
	}
	// A pilot whose mean is 0.2 and whose variance is 1, exactly: (2.80158 / 0.2)^2 = 196.2.
	half := math.Sqrt(99.0 / 100)
	pilot := make([]float64, 100)
	for i := range pilot {
		pilot[i] = 0.2 + half*float64(1-2*(i%2))
	}
	n := QueriesNeeded(pilot)
	if n != 197 {
		t.Errorf("%d, want 197", n)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	const experiments = 2000
	found := 0
	for range experiments {
		sum, squares := 0.0, 0.0
		for range n {
			d := 0.2 + rng.NormFloat64()
			sum, squares = sum+d, squares+d*d
		}
		m := sum / float64(n)
		s := math.Sqrt((squares - float64(n)*m*m) / float64(n-1))
		if math.Abs(m)/s*math.Sqrt(float64(n)) > 1.96 {
			found++
		}
	}
	if share := float64(found) / experiments; math.Abs(share-power) > 0.04 {
		t.Errorf("%d queries find it in %g of the experiments, want %g", n, share, power)
	}
}

// The order of the queries in the reports changes nothing, and queries of one report alone are left out.
func TestComparison(t *testing.T) {
	truth := map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"z"}, "d": {"x"}}
	first, err1 := Score(map[string][]string{"a": {"x"}, "d": {"x"}}, truth, Options{})
	delete(truth, "d")
	second, err2 := Score(map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"z"}}, truth, Options{})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	got, err := Compare(first, second, "mar_at_10", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Queries != 3 || got.Better != 2 || got.Worse != 0 || got.A != 1.0/3 || got.B != 1 {
		t.Errorf("%+v", got)
	}
	// The differences 0, 1, 1: both signs of two, of which two patterns are as far from 0.
	if want := (SignFlips{P: 0.5, Resolution: 0.5, Exact: true, Patterns: 4}); got.Test != want {
		t.Errorf("%+v, want %+v", got.Test, want)
	}
	if back, err := Compare(second, first, "mar_at_10", Options{}); err != nil || back.Value != -got.Value ||
		!reflect.DeepEqual(back.Test, got.Test) || back.Needed != got.Needed {
		t.Errorf("the other way %+v, %v", back, err)
	}
}

func ExampleFlipSigns() {
	test := FlipSigns([]float64{0.5, 0.2, 0.1, 0, 0.4, -0.1}, 0)
	fmt.Printf("p = %g, in steps of %g\n", test.P, test.Resolution)
	// Output: p = 0.1875, in steps of 0.0625
}
