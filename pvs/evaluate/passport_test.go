package evaluate

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
)

// handRanking is the example of docs/metrics.md, "One ranking, many numbers": k = 3, R = 4; right ones are b, c, e, g.
var handRanking = &Ranked{
	IDs:    map[string][]string{"q": {"a", "b", "c", "d", "e"}},
	Scores: map[string][]float32{"q": {0.9, 0.8, 0.8, 0.8, 0.7}},
}

var handTruth = map[string][]string{"q": {"b", "c", "e", "g"}}

// values are a passport's by name.
func values(t *testing.T, r *Ranked, truth map[string][]string, opts Options) map[string]float64 {
	t.Helper()
	if opts.Resamples == 0 {
		opts.Resamples = 1
	}
	p, err := PassportOf(t.Context(), r, truth, opts)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, e := range p.Entries {
		if _, twice := out[e.Name]; twice {
			t.Errorf("the passport has %s twice", e.Name)
		}
		out[e.Name] = e.Value
	}
	return out
}

func TestPassportByHand(t *testing.T) {
	got := values(t, handRanking, handTruth, Options{K: 3})
	l := math.Log2
	ideal3, ideal4 := 1+1/l(3)+1/l(4), 1+1/l(3)+1/l(4)+1/l(5)
	want := map[string]float64{
		"mar_at_3": 2.0 / 4, "mar_at_3_capped": 2.0 / 3, "any_hit_at_3": 1, "any_hit_at_1": 0,
		"map_at_3":         (1.0/2 + 2.0/3) / 3,
		"map_at_3_by_r":    (1.0/2 + 2.0/3) / 4,
		"map_at_3_by_hits": (1.0/2 + 2.0/3) / 2,
		"map":              (1.0/2 + 2.0/3 + 3.0/5) / 4,
		"map_tied":         (2.0/4 + 2.0/4 + 3.0/5) / 4,
		"map_at_r":         (1.0/2 + 2.0/3) / 4,
		"r_precision":      2.0 / 4, "precision_at_3": 2.0 / 3, "precision_at_3_found": 2.0 / 3,
		"mrr_at_3": 1.0 / 2, "mrr": 1.0 / 2,
		"ndcg_at_3":      (1/l(3) + 1/l(4)) / ideal3,
		"ndcg_at_3_tied": 2.0 / 3 * (1/l(3) + 1/l(4)) / ideal3,
		"ndcg":           (1/l(3) + 1/l(4) + 1/l(6)) / ideal4,
		// d, c, b behind a: right at 3 and 4.
		"map_at_3.ties_id_descending": 1.0 / 3 / 3,
		"mar_at_3.trec_eval":          1.0 / 4,
		"map.trec_eval":               (1.0/3 + 2.0/4 + 3.0/5) / 4,
		"map_at_3.ties_worst":         1.0 / 3 / 3,
		"mrr.ties_worst":              1.0 / 3,
	}
	for name, v := range want {
		if g, ok := got[name]; !ok || math.Abs(g-v) > 1e-12 {
			t.Errorf("%s is %g (%t), want %g", name, g, ok, v)
		}
	}
	for _, d := range definitions {
		if _, ok := want[formatK(d.key, 3)]; !ok {
			t.Errorf("%s is not worked by hand", d.key)
		}
	}
	if _, ok := got["mar_at_3.ties_best"]; ok {
		t.Error("b and c come first already: the best order changes nothing and has no entry")
	}
}

// Queries without truth or results and the query's own photo, by hand: R = 1 each, k = 10.
func TestPassportConventions(t *testing.T) {
	ranked := &Ranked{
		IDs:    map[string][]string{"a": {"a", "x"}, "none": {"x"}},
		Scores: map[string][]float32{"a": {1, 0.5}, "none": {0.5}},
	}
	truth := map[string][]string{"a": {"x"}, "b": {"y"}} // b has no results, "none" no truth
	got := values(t, ranked, truth, Options{})
	for name, want := range map[string]float64{
		"mar_at_10": 1.0 / 2, "mar_at_10.no_truth_0": 1.0 / 3, "mar_at_10.no_truth_1": 2.0 / 3,
		"mar_at_10.no_results_left_out": 1, "mrr": 1.0 / 2, "mrr.self_by_truth": 1.0 / 4, "map_at_r.self_right": 1.0 / 2,
		"precision_at_10.self_right": 2.0 / 10 / 2, "precision_at_10": 1.0 / 10 / 2,
		"mrr.trec_eval": 1.0 / 2, "mrr.ranx": 1.0 / 4, "mrr_at_10.torchmetrics": 1.0 / 3, "ndcg.scikit_learn": 1.0 / 3,
	} {
		if g, ok := got[name]; !ok || math.Abs(g-want) > 1e-12 {
			t.Errorf("%s is %g (%t), want %g", name, g, ok, want)
		}
	}
	if _, ok := got["mar_at_10_capped.trec_eval"]; ok {
		t.Error("trec_eval has no capped recall")
	}
	two := values(t, ranked, truth, Options{TwoLists: true})
	if _, ok := two["mrr.self_by_truth"]; ok || two["mrr"] != 1.0/4 {
		t.Errorf("of two lists an id is another photo's: %v", two)
	}
}

// The passport's metrics are those of the report, intervals included.
func TestPassportAgreesWithScore(t *testing.T) {
	for _, s := range librarySearches(t)[:6] {
		report, err := Score(s.ranked().IDs, s.Truth, Options{K: s.K})
		if err != nil {
			t.Fatal(err)
		}
		p, err := PassportOf(t.Context(), s.ranked(), s.Truth, Options{K: s.K})
		if err != nil {
			t.Fatal(err)
		}
		in := map[string]Metric{}
		for _, e := range p.Entries {
			in[e.Name] = e.Metric
		}
		for _, m := range report.Metrics {
			if in[m.Name] != m {
				t.Errorf("%s is %+v in the report and %+v in the passport", m.Name, m, in[m.Name])
			}
		}
	}
}

// Whatever order equal scores are in, a value lies between the worst and the best; averages of orders do, too.
func TestTiesAreBounded(t *testing.T) {
	for i, s := range librarySearches(t) {
		at := func(ties Ties) map[string]float64 {
			return definedValues(t, s.ranked(), s.Truth, Options{K: s.K, Conventions: Conventions{Ties: ties}})
		}
		worst, best := at(TiesWorst), at(TiesBest)
		for _, ties := range []Ties{TiesAsRanked, TiesIDDescending} {
			for name, v := range at(ties) {
				if strings.Contains(name, "by_hits") {
					continue // a further hit may lower the mean over hits
				}
				if v < worst[name]-1e-12 || v > best[name]+1e-12 {
					t.Errorf("search %d: %s is %g, beyond [%g, %g]", i, name, v, worst[name], best[name])
				}
			}
		}
		tied := fmt.Sprintf("ndcg_at_%d", s.K)
		if v := best[tied+"_tied"]; v < worst[tied]-1e-12 || v > best[tied]+1e-12 {
			t.Errorf("search %d: the mean of orders is %g, beyond [%g, %g]", i, v, worst[tied], best[tied])
		}
	}
}

func TestPassportOfBadResults(t *testing.T) {
	truth := map[string][]string{"q": {"a"}}
	ranked := func(ids []string, scores []float32) *Ranked {
		return &Ranked{IDs: map[string][]string{"q": ids}, Scores: map[string][]float32{"q": scores}}
	}
	one := ranked([]string{"a"}, []float32{1})
	for say, c := range map[string]struct {
		r     *Ranked
		truth map[string][]string
	}{
		"the results of query q name a twice":              {ranked([]string{"a", "a"}, []float32{1, 0}), truth},
		"none of the 1 queries that have results is among": {one, map[string][]string{"p": {"a"}}},
		"the results of query q are 2 ids and 1 scores":    {ranked([]string{"a", "b"}, []float32{1}), truth},
		"the score of a for query q is NaN":                {ranked([]string{"a"}, []float32{float32(math.NaN())}), truth},
		"no query has a truth":                             {one, nil},
	} {
		if _, err := PassportOf(t.Context(), c.r, c.truth, Options{}); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	// Without any results a convention that leaves such queries out has no value.
	none, err := PassportOf(t.Context(), &Ranked{}, truth, Options{})
	if err != nil || len(none.Notes) != 1 || !strings.Contains(none.Notes[0], "no_results_left_out") {
		t.Errorf("got %+v, %v", none, err)
	}
	// Distances that were written for scores: the ranks hold, and what needs the order of scores is left out.
	p, err := PassportOf(t.Context(), ranked([]string{"b", "a"}, []float32{0.1, 0.2}), truth, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "query q is higher at rank 2") {
		t.Errorf("notes: %q", p.Notes)
	}
	for _, e := range p.Entries {
		if strings.Contains(e.Name, "tie") || e.Name == "mrr" && e.Value != 0.5 {
			t.Errorf("%s = %g", e.Name, e.Value)
		}
	}
}

func TestUnknownScoresHaveNoOrder(t *testing.T) {
	_, err := Score(map[string][]string{"q": {"a"}}, map[string][]string{"q": {"a"}},
		Options{Conventions: Conventions{Ties: TiesWorst}})
	if err == nil || !strings.Contains(err.Error(), "the scores are not known") {
		t.Errorf("got %v", err)
	}
}

func ExamplePassportOf() {
	ranked := &Ranked{IDs: map[string][]string{"q": {"x", "a", "b"}}}
	truth := map[string][]string{"q": {"a", "b", "c"}}
	p, err := PassportOf(context.Background(), ranked, truth, Options{K: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range p.Entries {
		if strings.HasPrefix(e.Name, "map_at_2") {
			fmt.Printf("%.3f = %s; ranx: %q\n", e.Value, e.Formula, e.Also["ranx"])
		}
	}
	// Output:
	// 0.250 = sum of P(i) over right i <= 2 / min(R, 2); ranx: ""
	// 0.167 = sum of P(i) over right i <= 2 / R; ranx: "map@2"
	// 0.500 = sum of P(i) over right i <= 2 / h, 0 if h = 0; ranx: ""
}
