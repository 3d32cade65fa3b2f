package explain_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/explain"
)

// Photos that lie in the middle of all queries are hubs (Radovanović et al. 2010, section 4), are named to the queries
// that lose by them, and their removal brings what was there without them. No photo with such a vector is drawn here:
// the vectors are planted.
func TestHubsPlanted(t *testing.T) {
	t.Parallel()
	c := toyCatalog(t, 30, 10)
	tr := &trial{toy{}, map[[32]byte][]float32{}}
	before, was := tr.score(t, c)
	middle := make([]float32, before.Queries.Dim)
	for q := range before.Queries.Len() {
		for i, v := range before.Queries.Row(q) {
			middle[i] += v / float32(before.Queries.Len())
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	hubs := 0
	for i, p := range c.Photos {
		if p.Split != catalog.Train {
			continue
		}
		c.Photos[i].Split = catalog.Index
		before.Index.IDs = append(before.Index.IDs, p.ID)
		for _, v := range middle {
			before.Index.Data = append(before.Index.Data, v+0.003*float32(rng.NormFloat64()))
		}
		hubs++
	}
	if err := before.Index.Normalize(); err != nil {
		t.Fatal(err)
	}
	got, err := explain.Explain(context.Background(), before, explain.Options{Embedder: toy{}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	recall := map[string]float64{}
	for _, q := range was.PerQuery {
		recall[q.Query] = q.Values[0]
	}
	broke, named := 0, 0
	for i := range got.Missed {
		if m := &got.Missed[i]; m.Recall < recall[m.Query] {
			if broke++; m.Main() == explain.Hub {
				named++
			}
		}
	}
	if broke < 10 || 10*named < 9*broke {
		t.Errorf("of %d queries that %d hubs broke %d are said to miss by them", broke, hubs, named)
	}
	for _, s := range got.Causes {
		lost := was.MAR().Value - got.MAR.Value
		if s.Cause == explain.Hub && (s.Best().Gain < 0.99*lost || s.Best().Gain > 1.01*lost) {
			t.Errorf("%.4f is lost, and %.4f is to come back", lost, s.Best().Gain)
		}
	}
	t.Logf("%d hubs, broke %d, named %d, MAR@10 %.3f -> %.3f, skewness %.1f", hubs, broke, named, was.MAR().Value,
		got.MAR.Value, got.Skewness)
}
