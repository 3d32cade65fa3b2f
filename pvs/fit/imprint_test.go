package fit

import (
	"math"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// Before its first step an imprinted network is learned whitening, but for a factor, and each class weight has length 1.
func TestImprint(t *testing.T) {
	network, opts := mini(t)
	opts.Recipe.Imprinted, opts.Recipe.Dim = true, 32
	opts.Log = func(string) {}
	opts.Progress = func(string) (func(int, int), func()) { return func(int, int) {}, func() {} }
	c := shop(t, 24, 4, nil)
	f := &fitting{Options: opts, cat: c, network: network, dir: t.TempDir(), pixels: opts.Pixels, recipe: opts.Recipe,
		started: time.Now()}
	training := &training{fitting: f, state: &state{}}
	source, photos := feed.FromCatalog(c, catalog.Train, nil), c.Split(catalog.Train)
	choice := labels.Choose(photos)
	train, err := training.holdOut(t.Context(), source, photos, choice.Set.Kind)
	if err != nil {
		t.Fatal(err)
	}
	if err := training.prepare(source, choice, train); err != nil {
		t.Fatal(err)
	}
	if err := training.start(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	defer training.session.close()
	got, err := training.session.network()
	if err != nil {
		t.Fatal(err)
	}
	s, err := training.samples(t.Context(), network.Values)
	if err != nil {
		t.Fatal(err)
	}
	want, err := whiten.LearnDense(s.features, s.classes, whiten.Options{Dim: 32, Shrinkage: shrinkage})
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2][]float32{"kernel": {got[siamese.Kernel], want.Kernel},
		"bias": {got[siamese.Bias], want.Bias}} {
		inner, a, b := 0.0, 0.0, 0.0
		for i, v := range pair[0] {
			w := pair[1][i]
			inner, a, b = inner+float64(v)*float64(w), a+float64(v)*float64(v), b+float64(w)*float64(w)
		}
		if cos := inner / math.Sqrt(a*b); !(cos > 0.9999) {
			t.Errorf("the %s is not that of learned whitening: cosine %g", what, cos)
		}
	}
	weights := training.session.values[headClasses]
	for class := range training.classes {
		sum := 0.0
		for _, v := range weights[class*32 : (class+1)*32] {
			sum += float64(v) * float64(v)
		}
		if math.Abs(sum-1) > 1e-4 {
			t.Errorf("the weights of class %d have the squared length %g", class, sum)
		}
	}
}
