package fit

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/neck"
	"github.com/gopvs/product-visual-search/pvs/optimize"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// The folded projection is projection, then BatchNorm with its moving statistics.
func TestFolded(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	draw := func(n int, low float32) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = low + rng.Float32()
		}
		return out
	}
	const features, dim = 5, 3
	values := optimize.Tensors{headKernel: draw(features*dim, -0.5), headGamma: draw(dim, 0.5), headMean: draw(dim, 0),
		headVar: draw(dim, 0.1)}
	out := folded(values)
	x := draw(features, -0.5)
	for j := range dim {
		plain, got := 0.0, float64(out[siamese.Bias][j])
		for i, v := range x {
			plain += float64(v * values[headKernel][i*dim+j])
			got += float64(v * out[siamese.Kernel][i*dim+j])
		}
		deviation := math.Sqrt(float64(values[headVar][j]) + neck.Epsilon)
		want := (plain - float64(values[headMean][j])) / deviation * float64(values[headGamma][j])
		if math.Abs(got-want) > 1e-5 {
			t.Errorf("value %d is %g, want %g", j, got, want)
		}
	}
}

// The head's gradients are those of its losses, by central differences, for features and for each kind of weight, with
// each loss by itself, with all of them, and beside a memory.
func TestHeadGradients(t *testing.T) {
	t.Parallel()
	none := func(r *Recipe) { r.Softmax, r.Contrastive = 0, 0 }
	for name, change := range map[string]func(*Recipe){
		"recommended":      func(*Recipe) {},
		"softmax":          func(r *Recipe) { r.Contrastive = 0 },
		"cosface":          func(r *Recipe) { r.Contrastive, r.SoftmaxKind = 0, "cosface" },
		"sub-centres":      func(r *Recipe) { r.Contrastive, r.SubCentres = 0, 3 },
		"smoothing":        func(r *Recipe) { r.Contrastive, r.Smoothing = 0, 0.1 },
		"proxy anchor":     func(r *Recipe) { none(r); r.ProxyAnchor = 1 },
		"contrastive":      func(r *Recipe) { r.Softmax = 0 },
		"with a memory":    func(r *Recipe) { r.Memory = 9 },
		"multi-similarity": func(r *Recipe) { none(r); r.MultiSimilarity = 1 },
		"batch-hard":       func(r *Recipe) { none(r); r.BatchHard = 2 },
		"words":            func(r *Recipe) { none(r); r.Words = 1 },
		"all": func(r *Recipe) {
			r.Words, r.ProxyAnchor, r.MultiSimilarity, r.BatchHard, r.Memory, r.SubCentres = 0.5, 0.5, 0.5, 0.5, 9, 2
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Recommended()
			change(&r)
			headGradients(t, r)
		})
	}
}

func headGradients(t *testing.T, r Recipe) {
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	r.Dim = 8
	const features, classes, words = 6, 3, 5
	h, err := newHead(b, r, features, counts{classes, words})
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	values := h.initial(1)
	labels := []int32{0, 0, 1, 1, 2, 2}
	of := targets{labels: labels}
	for i := range labels { // 0 to 3 words
		row := slices.Repeat([]int32{-1}, mostWords)
		for w := range i % 4 {
			row[w] = int32((i + 2*w) % words)
		}
		of.words = append(of.words, row...)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	x := make([]float32, len(labels)*features)
	for i := range x {
		x[i] = rng.Float32()
	}
	loss := func() (float64, optimize.Tensors, []float32) {
		gradients, ofFeatures := optimize.Tensors{}, make([]float32, len(x))
		report, err := h.step(x, of, values, gradients, ofFeatures)
		if err != nil {
			t.Fatal(err)
		}
		return float64(report[0]), gradients, ofFeatures
	}
	without, gradients, ofFeatures := loss()
	if h.memory != nil { // of other features, with one that has no label
		for i := range h.embeddings {
			h.embeddings[i] = rng.Float32()
		}
		if err := h.remember([]int32{0, 1, -1, 2}); err != nil {
			t.Fatal(err)
		}
		var with float64
		if with, gradients, ofFeatures = loss(); with == without {
			t.Errorf("the loss is %g with a memory and without", with)
		}
	}
	check := func(what string, at *float32, gradient float32) {
		t.Helper()
		const by = 1e-3
		was := *at
		*at = was + by
		high, _, _ := loss()
		*at = was - by
		low, _, _ := loss()
		*at = was
		if want := (high - low) / (2 * by); math.Abs(want-float64(gradient)) > 0.02*math.Max(1, math.Abs(want)) {
			t.Errorf("%s: gradient %g, by differences %g", what, gradient, want)
		}
	}
	for i := 0; i < len(x); i += 7 {
		check("features", &x[i], ofFeatures[i])
	}
	for _, name := range h.weights() {
		for i := 0; i < len(values[name]); i += 1 + len(values[name])/6 {
			check(name, &values[name][i], gradients[name][i])
		}
	}
}
