package whiten

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// through applies a layer to a set's rows.
func through(d *Dense, s *vectors.Set) [][]float64 {
	var out [][]float64
	for r := range s.Len() {
		y := make([]float64, d.Out)
		for j := range y {
			y[j] = float64(d.Bias[j])
			for i, v := range s.Row(r) {
				y[j] += float64(v) * float64(d.Kernel[i*d.Out+j])
			}
		}
		out = append(out, y)
	}
	return out
}

// moment returns the second moments of rows, each less its class's mean where classes are given, over so many degrees.
func moment(rows [][]float64, classes []int32, degrees int) [][]float64 {
	n := len(rows[0])
	mean, count := map[int32][]float64{}, map[int32]float64{}
	of := func(r int) int32 {
		if classes == nil {
			return 0
		}
		return classes[r]
	}
	for r, y := range rows {
		if mean[of(r)] == nil {
			mean[of(r)] = make([]float64, n)
		}
		count[of(r)]++
		for i, v := range y {
			mean[of(r)][i] += v
		}
	}
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
		for r, y := range rows {
			c := of(r)
			for j := range n {
				out[i][j] += (y[i] - mean[c][i]/count[c]) * (y[j] - mean[c][j]/count[c]) / float64(degrees)
			}
		}
	}
	return out
}

// Vectors with classes: 40 of two to five members, that differ most in dimension 0 within a class and in dimension 1
// between classes.
func classed() (*vectors.Set, []int32) {
	rng := rand.New(rand.NewPCG(3, 4))
	s := &vectors.Set{Dim: 6}
	var classes []int32
	for c := range 40 {
		var middle [6]float64
		for i := range middle {
			middle[i] = rng.NormFloat64()
		}
		middle[1] *= 3
		for range 2 + c%4 {
			for i, m := range middle {
				spread := 0.3
				if i == 0 {
					spread = 4
				}
				s.Data = append(s.Data, float32(7+m+spread*rng.NormFloat64()))
			}
			s.IDs = append(s.IDs, "x")
			classes = append(classes, int32(c))
		}
	}
	return s, classes
}

// Learned whitening makes the variance within classes the same in all directions, total variances are sorted, and the
// mean goes to 0. PCA whitening makes total variances the same.
func TestDenseMoments(t *testing.T) {
	s, classes := classed()
	for _, labels := range [][]int32{nil, classes} {
		d, err := LearnDense(s, labels, Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := through(d, s)
		degrees := len(rows)
		if labels != nil {
			degrees = len(rows) - 40
		}
		got := moment(rows, labels, degrees)
		total := moment(rows, nil, len(rows))
		for i := range got {
			for j := range got[i] {
				if want := map[bool]float64{true: 1}[i == j]; math.Abs(got[i][j]-want) > 1e-4 {
					t.Errorf("labels %t: moment %d, %d is %g, want %g", labels != nil, i, j, got[i][j], want)
				}
			}
			if i > 0 && total[i][i] > total[i-1][i-1]+1e-4 {
				t.Errorf("variances %g and %g are not sorted", total[i-1][i-1], total[i][i])
			}
			sum := 0.0
			for _, y := range rows {
				sum += y[i]
			}
			if math.Abs(sum) > 1e-3*float64(len(rows)) {
				t.Errorf("the mean of dimension %d is %g", i, sum/float64(len(rows)))
			}
		}
	}
}

// Of two kept directions none is the one in which classes differ within themselves.
func TestDenseLeavesOutWithin(t *testing.T) {
	s, classes := classed()
	d, err := LearnDense(s, classes, Options{Dim: 2, Shrinkage: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	for j := range d.Out {
		if noise, rest := math.Abs(float64(d.Kernel[j])), math.Abs(float64(d.Kernel[1*d.Out+j])); noise > 0.2*rest && j == 0 {
			t.Errorf("the first direction weighs dimension 0 by %g, dimension 1 by %g", noise, rest)
		}
	}
	// A class below 0 is none: vectors without one change the total variance only.
	for i := range classes {
		classes[i] = -1
	}
	if _, err := LearnDense(s, classes, Options{}); err == nil || !strings.Contains(err.Error(), "there are none") {
		t.Errorf("no classes: %v", err)
	}
	if _, err := LearnDense(s, classes[1:], Options{}); err == nil {
		t.Error("a class too few was taken")
	}
	if _, err := LearnDense(s, nil, Options{Dim: 7}); err == nil {
		t.Error("7 of 6 dimensions were taken")
	}
}

// Few vectors in many dimensions give what an embedding of them in fewer gives: cosines do not depend on the basis.
func TestDenseOfFewVectors(t *testing.T) {
	s, classes := classed() // 140 vectors of 6 dimensions
	rng := rand.New(rand.NewPCG(5, 6))
	const wide = 400
	var turn [6][wide]float64
	for i := range turn {
		for d := range turn[i] {
			turn[i][d] = rng.NormFloat64() / math.Sqrt(wide)
		}
	}
	many := &vectors.Set{IDs: s.IDs, Dim: wide}
	for r := range s.Len() {
		for d := range wide {
			sum := 0.0
			for i, v := range s.Row(r) {
				sum += float64(v) * turn[i][d]
			}
			many.Data = append(many.Data, float32(sum))
		}
	}
	few := 0
	for _, labels := range [][]int32{nil, classes} {
		d, err := LearnDense(many, labels, Options{Dim: 6, Shrinkage: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		// The same in all dimensions, by the way that many vectors take.
		twice := &vectors.Set{Dim: wide}
		var both []int32
		for range 2 {
			twice.IDs, twice.Data = append(twice.IDs, many.IDs...), append(twice.Data, many.Data...)
			both = append(both, labels...)
		}
		if 2*twice.Len() < wide {
			t.Fatal("the doubled set takes the same way")
		}
		want, err := LearnDense(twice, both, Options{Dim: 6, Shrinkage: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		a, b := through(d, many), through(want, many)
		for i := range a {
			for j := range i {
				x, y := cosine(a[i], a[j]), cosine(b[i], b[j])
				if math.Abs(x-y) > 0.02 {
					few++
				}
			}
		}
	}
	if few > 0 {
		t.Errorf("%d cosines are others", few)
	}
}

// Directions that few vectors do not span are left out: in them a whitening would amplify whatever other vectors have.
func TestDenseKeepsWhatIsSpanned(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	s := &vectors.Set{Dim: 100}
	for i := range 10 { // in three dimensions
		row := make([]float32, s.Dim)
		for d := range 3 {
			row[d] = float32(rng.NormFloat64())
		}
		s.IDs, s.Data = append(s.IDs, string(rune('a'+i))), append(s.Data, row...)
	}
	for _, classes := range [][]int32{nil, {0, 0, 1, 1, 2, 2, 3, 3, 4, 4}} {
		d, err := LearnDense(s, classes, Options{Dim: 50, Shrinkage: 0.3})
		if err != nil {
			t.Fatal(err)
		}
		if d.Out != 3 {
			t.Errorf("%d directions are kept of three", d.Out)
		}
		for i := 3 * d.Out; i < len(d.Kernel); i++ {
			if math.Abs(float64(d.Kernel[i])) > 1e-5 {
				t.Fatalf("dimension %d, in which nothing varies, has the weight %g", i/d.Out, d.Kernel[i])
			}
		}
	}
	clear(s.Data)
	if _, err := LearnDense(s, nil, Options{Dim: 50}); err == nil || !strings.Contains(err.Error(), "all the same") {
		t.Error(err)
	}
}

func cosine(a, b []float64) float64 {
	inner, x, y := 0.0, 0.0, 0.0
	for i := range a {
		inner, x, y = inner+a[i]*b[i], x+a[i]*a[i], y+b[i]*b[i]
	}
	return inner / math.Sqrt(x*y)
}

// A layer as a whitening does the same to unit vectors, in a file too; one that makes more of them has no such form.
func TestDenseAsWhitening(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const in, out, rows = 12, 5, 30
	d := &Dense{In: in, Out: out, Kernel: make([]float32, in*out), Bias: make([]float32, out)}
	for _, values := range [][]float32{d.Kernel, d.Bias} {
		for i := range values {
			values[i] = float32(rng.NormFloat64())
		}
	}
	set := &vectors.Set{Dim: in}
	for i := range rows {
		set.IDs = append(set.IDs, fmt.Sprint(i))
		for range in {
			set.Data = append(set.Data, float32(rng.NormFloat64()))
		}
	}
	if err := set.Normalize(); err != nil {
		t.Fatal(err)
	}
	want := d.Apply(set)
	for j := range out { // by its definition
		sum := float64(d.Bias[j])
		for i, x := range set.Row(7) {
			sum += float64(x) * float64(d.Kernel[i*out+j])
		}
		if got := want.Row(7)[j]; math.Abs(float64(got)-sum) > 1e-5 {
			t.Errorf("value %d is %g, want %g", j, got, sum)
		}
	}
	if err := want.Normalize(); err != nil {
		t.Fatal(err)
	}
	w, err := d.Whitening(nil, rows)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "head.whiten")
	if err := w.Write(file); err != nil {
		t.Fatal(err)
	}
	if w, err = Read(file); err != nil {
		t.Fatal(err)
	}
	got, err := w.Apply(set)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want.Data {
		if math.Abs(float64(got.Data[i]-v)) > 1e-5 {
			t.Fatalf("value %d is %g, the layer's %g", i, got.Data[i], v)
		}
	}
	wide := &Dense{In: 2, Out: 3, Kernel: make([]float32, 6), Bias: make([]float32, 3)}
	if _, err := wide.Whitening(nil, 1); err == nil {
		t.Error("a layer of more values than it takes was taken")
	}
}
