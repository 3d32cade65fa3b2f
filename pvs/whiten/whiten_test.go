package whiten

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// setOf names vectors "0", "1", ...
func setOf(dim int, data ...float32) *vectors.Set {
	s := &vectors.Set{Dim: dim, Data: data}
	for i := range len(data) / dim {
		s.IDs = append(s.IDs, fmt.Sprint(i))
	}
	return s
}

// random draws unit vectors whose later dimensions vary less.
func random(seed uint64, n, dim int) *vectors.Set {
	rng := rand.New(rand.NewPCG(seed, 0))
	data := make([]float32, n*dim)
	for i := range data {
		data[i] = float32((0.5 + rng.NormFloat64()) / float64(1+i%dim))
	}
	s := setOf(dim, data...)
	if err := s.Normalize(); err != nil {
		panic(err)
	}
	return s
}

func learn(t *testing.T, s *vectors.Set, o Options) *Whitening {
	t.Helper()
	w, err := Learn(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func apply(t *testing.T, w *Whitening, s *vectors.Set) *vectors.Set {
	t.Helper()
	out, err := w.Apply(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func near(a, b []float32, tolerance float64) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(v float32) bool { return v != v }) &&
		func() bool {
			for i := range a {
				if math.Abs(float64(a[i]-b[i])) > tolerance {
					return false
				}
			}
			return true
		}()
}

// By hand: mean (0, 0.4); variances 0.68 and 0.16; no covariance.
func TestHandTable(t *testing.T) {
	s := setOf(2, 1, 0, -1, 0, 0.6, 0.8, -0.6, 0.8)
	for _, c := range []struct {
		shrinkage float64
		x, y      float64 // divisors: variances after shrinkage, whose mean is 0.42
	}{{0, 0.68, 0.16}, {1, 0.42, 0.42}, {0.5, 0.55, 0.29}} {
		w := learn(t, s, Options{Shrinkage: c.shrinkage})
		want := []float32{float32(1 / math.Sqrt(c.x)), 0, 0, float32(1 / math.Sqrt(c.y))}
		if !near(w.Mean, []float32{0, 0.4}, 1e-6) || !near(w.Basis, want, 1e-5) {
			t.Errorf("shrinkage %g: mean %v, basis %v, want %v", c.shrinkage, w.Mean, w.Basis, want)
		}
	}
	// (1, 0) becomes (1/sqrt(0.68), -1), scaled to length 1.
	got := apply(t, learn(t, s, Options{}), s)
	length := math.Sqrt(1/0.68 + 1)
	if want := []float32{float32(1 / math.Sqrt(0.68) / length), float32(-1 / length)}; !near(got.Row(0), want, 1e-5) {
		t.Errorf("got %v, want %v", got.Row(0), want)
	}
	if s.Data[1] != 0 || !slices.Equal(got.IDs, s.IDs) {
		t.Error("the set was changed, or its ids")
	}
}

// project is Apply by a loop, without the last scaling to length 1.
func project(w *Whitening, x []float32) []float64 {
	out := make([]float64, w.Out)
	for i := range out {
		for d := range x {
			out[i] += float64(w.Basis[i*w.In+d]) * (float64(x[d]) - float64(w.Mean[d]))
		}
	}
	return out
}

// What was learned on has, whitened, the mean 0 and the identity as its covariance; over
// more rows than a block, and with every row.
func TestIdentityCovariance(t *testing.T) {
	s := random(1, 2500, 7)
	w := learn(t, s, Options{Dim: 5})
	var mean [5]float64
	var covariance [5][5]float64
	got := apply(t, w, s)
	for r := range s.Len() {
		x := project(w, s.Row(r))
		length := 0.0
		for i := range x {
			mean[i] += x[i] / 2500
			length += x[i] * x[i]
			for j := range x {
				covariance[i][j] += x[i] * x[j] / 2500
			}
		}
		for i := range x {
			if v := x[i] / math.Sqrt(length); math.Abs(v-float64(got.Row(r)[i])) > 1e-4 {
				t.Fatalf("row %d: %v is not %v to length 1", r, got.Row(r), x)
			}
		}
	}
	for i := range 5 {
		for j := range 5 {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(mean[i]) > 1e-3 || math.Abs(covariance[i][j]-want) > 1e-3 {
				t.Errorf("mean %g, covariance of %d and %d %g", mean[i], i, j, covariance[i][j])
			}
		}
	}
}

// The result does not depend on the coordinates: of rotated vectors it is the same but for signs.
func TestRotation(t *testing.T) {
	s := random(2, 200, 3)
	turned := setOf(3, slices.Clone(s.Data)...)
	for i := range turned.Len() {
		r := turned.Row(i)
		r[0], r[1], r[2] = 0.6*r[1]-0.8*r[2], 0.8*r[1]+0.6*r[2], -r[0]
	}
	o := Options{Shrinkage: 0.2}
	a, b := apply(t, learn(t, s, o), s), apply(t, learn(t, turned, o), turned)
	for i := range 50 {
		for d := range 3 {
			if math.Abs(math.Abs(float64(a.Row(i)[d]))-math.Abs(float64(b.Row(i)[d]))) > 1e-3 {
				t.Fatalf("row %d: %v and, rotated, %v", i, a.Row(i), b.Row(i))
			}
		}
	}
}

// Fewer directions are the first of more, and fewer vectors than dimensions span one less than they are.
func TestDim(t *testing.T) {
	s := random(3, 40, 6)
	all, two := learn(t, s, Options{}), learn(t, s, Options{Dim: 2})
	if all.Out != 6 || !slices.Equal(two.Basis, all.Basis[:12]) {
		t.Errorf("%d directions; the first two are %v, not %v", all.Out, two.Basis, all.Basis[:12])
	}
	many := random(11, 300, 280)
	if d, a := learn(t, many, Options{}), learn(t, many, Options{Dim: All}); d.Out != 256 || a.Out != 280 {
		t.Errorf("%d directions by default, and %d are all", d.Out, a.Out)
	}
	few := random(4, 5, 30)
	if w := learn(t, few, Options{}); w.Out != 4 {
		t.Errorf("5 vectors span %d directions", w.Out)
	}
	same := setOf(2, 1, 0, 0, 1, 1, 0, 0, 1)
	if w := learn(t, same, Options{}); w.Out != 1 {
		t.Errorf("2 vectors, twice each, span %d directions", w.Out)
	}
	if w := learn(t, random(5, 1000, 3), Options{Rows: 100}); w.Rows != 100 {
		t.Errorf("learned on %d rows, not 100", w.Rows)
	}
	none := apply(t, two, &vectors.Set{Dim: 6})
	if none.Len() != 0 || none.Dim != 2 {
		t.Errorf("of no vectors: %v", none)
	}
}

func TestRefused(t *testing.T) {
	good := random(6, 20, 3)
	query := random(6, 20, 3)
	query.Origin = &vectors.Origin{Network: "b0", Split: "query"}
	for want, f := range map[string]func() (any, error){
		"needs at least 2":         func() (any, error) { return Learn(setOf(2, 1, 0), Options{}) },
		"on 0 vectors":             func() (any, error) { return Learn(&vectors.Set{Dim: 2}, Options{}) },
		"all the same":             func() (any, error) { return Learn(setOf(2, 1, 0, 1, 0, 1, 0), Options{}) },
		"vector 1 (1) has":         func() (any, error) { return Learn(setOf(2, 1, 0, 0, 0), Options{}) },
		"not learned on queries":   func() (any, error) { return Learn(query, Options{}) },
		"4 dimensions":             func() (any, error) { return Learn(good, Options{Dim: 4}) },
		"of -2 dimensions":         func() (any, error) { return Learn(good, Options{Dim: -2}) },
		"span 1":                   func() (any, error) { return Learn(setOf(2, 1, 0, 0, 1), Options{Dim: 2}) },
		"shrinkage NaN":            func() (any, error) { return Learn(good, Options{Shrinkage: math.NaN()}) },
		"dimension 3, and these":   func() (any, error) { return learn(t, good, Options{}).Apply(random(1, 5, 2)) },
		"whitening: vector 0 (0)":  func() (any, error) { return learn(t, good, Options{}).Apply(setOf(3, 0, 0, 0)) },
		"(0) has no direction":     func() (any, error) { return whitenMean(t) },
		"no whitening at":          func() (any, error) { return Read(filepath.Join(t.TempDir(), "none")) },
		"cannot be compared":       func() (any, error) { return otherNetwork(t) },
		"cannot be compared: embe": func() (any, error) { return mixed(t) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// whitenMean whitens the vector that is the mean.
func whitenMean(t *testing.T) (any, error) {
	w := learn(t, setOf(2, 1, 0, -1, 0, 0, 1), Options{})
	w.Mean = []float32{1, 0}
	return w.Apply(setOf(2, 1, 0))
}

func otherNetwork(t *testing.T) (any, error) {
	s, other := random(1, 9, 2), random(2, 9, 2)
	s.Origin, other.Origin = &vectors.Origin{Network: "b0"}, &vectors.Origin{Network: "lite0"}
	return learn(t, s, Options{}).Apply(other)
}

// mixed compares whitened vectors with those as they were.
func mixed(t *testing.T) (any, error) {
	s := random(1, 9, 2)
	s.Origin = &vectors.Origin{Network: "b0", Output: "features"}
	w := learn(t, s, Options{})
	out := apply(t, w, s)
	if err := vectors.Compare("a", out.Origin, "b", apply(t, w, s).Origin); err != nil {
		t.Error(err)
	}
	return nil, vectors.Compare("a", s.Origin, "b", out.Origin)
}

func TestFile(t *testing.T) {
	s := random(7, 30, 4)
	s.Origin = &vectors.Origin{Network: "b0", Weights: strings.Repeat("ab", 32), Split: "index"}
	w := learn(t, s, Options{Dim: 3, Shrinkage: 0.1})
	path := filepath.Join(t.TempDir(), "w")
	if err := w.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest() != w.Digest() || !slices.Equal(got.Basis, w.Basis) || !slices.Equal(got.Mean, w.Mean) ||
		got.Origin.Weights != s.Origin.Weights || got.Rows != 30 || got.Shrinkage != 0.1 {
		t.Errorf("written %+v, read %+v", w, got)
	}
	if !slices.Equal(apply(t, got, s).Data, apply(t, w, s).Data) {
		t.Error("the file whitens in another way")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		bad := slices.Clone(data)
		bad[i] ^= 1
		if _, err := read(bytes.NewReader(bad), int64(len(bad))); err == nil {
			t.Errorf("byte %d may be another", i)
		}
		if _, err := read(bytes.NewReader(data[:i]), int64(i)); err == nil {
			t.Errorf("%d of %d bytes are read", i, len(data))
		}
	}
	w.Basis[0]++
	if w.Digest() == got.Digest() {
		t.Error("another whitening has the same digest")
	}
}

// What can be read can be applied, and written so that it is read again.
func FuzzRead(f *testing.F) {
	s := random(8, 9, 2)
	w, err := Learn(s, Options{})
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "w")
	if err := w.Write(path); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		one := make([]float32, w.In)
		one[0] = 1
		_, _ = w.Apply(setOf(w.In, one...)) // may be refused
		path := filepath.Join(t.TempDir(), "w")
		if err := w.Write(path); err != nil {
			t.Fatal(err)
		}
		if again, err := Read(path); err != nil || again.Digest() != w.Digest() {
			t.Error(err)
		}
	})
}

// 10,000 x 512 to 128 dimensions.
func BenchmarkLearn(b *testing.B) {
	s := random(9, 10_000, 512)
	for b.Loop() {
		if _, err := Learn(s, Options{Dim: 128}); err != nil {
			b.Fatal(err)
		}
	}
}

// 1,000 queries of 512 dimensions to 128.
func BenchmarkApply(b *testing.B) {
	s := random(10, 1000, 512)
	w, err := Learn(s, Options{Dim: 128})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := w.Apply(s); err != nil {
			b.Fatal(err)
		}
	}
}
