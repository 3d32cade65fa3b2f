package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The table is worked by hand in docs/metrics.md.
func TestHandTable(t *testing.T) {
	ranked := map[string][]string{
		"q1": {"a", "x", "b", "y"}, // R = 2, both found, at ranks 1 and 3
		"q2": {"x", "y", "c", "z"}, // R = 5, one found, at rank 3
		"q3": {"x", "y", "z", "w"}, // R = 1, not found
		"q4": {"a"},                // no truth
	}
	truth := map[string][]string{"q1": {"a", "b"}, "q2": {"c", "d", "e", "f", "g"}, "q3": {"h"}, "q4": nil}
	r, err := Score(ranked, truth, Options{K: 4})
	if err != nil {
		t.Fatal(err)
	}
	if r.Queries != 3 || r.QueriesWithoutTruth != 1 || r.QueriesWithoutResults != 0 {
		t.Errorf("counts %+v", r)
	}
	want := map[string][3]float64{
		"mar_at_4":        {1, 0.2, 0},
		"mar_at_4_capped": {1, 0.25, 0},
		"any_hit_at_4":    {1, 1, 0},
		"any_hit_at_1":    {1, 0, 0},
		"map_at_4":        {(1 + 2.0/3) / 2, (1.0 / 3) / 4, 0},
		"r_precision":     {0.5, 0.2, 0},
		"precision_at_4":  {0.5, 0.25, 0},
		"mrr_at_4":        {1, 1.0 / 3, 0},
	}
	if len(want) != len(r.Metrics) {
		t.Errorf("%d metrics, want %d", len(r.Metrics), len(want))
	}
	for i, m := range r.Metrics {
		mean := 0.0
		for q, v := range want[m.Name] {
			mean += v / 3
			if got := r.PerQuery[q].Values[i]; math.Abs(got-v) > 1e-12 {
				t.Errorf("%s of q%d is %g, want %g", m.Name, q+1, got, v)
			}
		}
		if math.Abs(m.Value-mean) > 1e-12 || m.Low > m.Value || m.High < m.Value {
			t.Errorf("%s = %g [%g, %g], want %g", m.Name, m.Value, m.Low, m.High, mean)
		}
	}
}

func TestSelfMatchAndMissingResults(t *testing.T) {
	r, err := Score(map[string][]string{"a": {"a", "b"}}, map[string][]string{"a": {"a", "b"}, "c": {"d"}}, Options{K: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r.PerQuery[0].Values[0] != 1 || r.PerQuery[1].Values[0] != 0 || r.QueriesWithoutResults != 1 {
		t.Errorf("got %+v", r.PerQuery)
	}
	if want := []string{"c"}; !reflect.DeepEqual(r.WithoutResults, want) {
		t.Errorf("without results: %v, want %v", r.WithoutResults, want)
	}
	if r, err = Score(map[string][]string{"a": {"a"}}, map[string][]string{"a": {"b"}}, Options{}); err != nil ||
		r.QueriesWithoutResults != 1 {
		t.Errorf("a query that found itself alone has no results: %+v, %v", r, err)
	}
	if _, err := Score(map[string][]string{"a": {"b", "b"}}, map[string][]string{"a": {"b"}}, Options{}); err == nil {
		t.Error("a repeated result must be an error")
	}
	if _, err := Score(nil, map[string][]string{"a": nil}, Options{}); err == nil {
		t.Error("no query with truth must be an error")
	}
}

// naive computes all metrics by their definitions in docs/metrics.md, rank by rank and
// with nothing kept from one rank to the next.
func naive(list, truth []string, k int) map[string]float64 {
	right := func(n int) float64 { // among the n best
		found := 0.0
		for _, id := range truth {
			if slices.Contains(list[:min(n, len(list))], id) {
				found++
			}
		}
		return found
	}
	r := float64(len(truth))
	capped := min(r, float64(k))
	out := map[string]float64{
		fmt.Sprintf("mar_at_%d", k): right(k) / r, fmt.Sprintf("mar_at_%d_capped", k): right(k) / capped,
		fmt.Sprintf("any_hit_at_%d", k): min(1, right(k)), "any_hit_at_1": min(1, right(1)),
		"r_precision": right(len(truth)) / r, fmt.Sprintf("precision_at_%d", k): right(k) / float64(k),
	}
	ap, rr := 0.0, 0.0
	for i := k; i >= 1; i-- {
		if right(i) > right(i-1) {
			ap += right(i) / float64(i) / capped
			rr = 1 / float64(i)
		}
	}
	out[fmt.Sprintf("map_at_%d", k)], out[fmt.Sprintf("mrr_at_%d", k)] = ap, rr
	return out
}

func TestAgainstNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for trial := range 200 {
		ranked, truth := map[string][]string{}, map[string][]string{}
		k := 1 + trial%12
		for q := range 1 + rng.IntN(20) {
			id := fmt.Sprint("q", q)
			for _, i := range rng.Perm(30)[:rng.IntN(25)] {
				ranked[id] = append(ranked[id], fmt.Sprint("i", i))
			}
			for _, i := range rng.Perm(30)[:1+rng.IntN(15)] {
				truth[id] = append(truth[id], fmt.Sprint("i", i))
			}
		}
		r, err := Score(ranked, truth, Options{K: k, Resamples: 10})
		if err != nil {
			t.Fatal(err)
		}
		sums := make([]float64, len(r.Metrics))
		for _, q := range r.PerQuery {
			want := naive(ranked[q.Query], truth[q.Query], k)
			if len(want) != len(r.Metrics) {
				t.Fatalf("k = %d: %d metrics, want %d", k, len(r.Metrics), len(want))
			}
			for i, m := range r.Metrics {
				sums[i] += want[m.Name]
				if math.Abs(q.Values[i]-want[m.Name]) > 1e-12 {
					t.Fatalf("trial %d, k = %d: %s of %s is %g, want %g", trial, k, m.Name, q.Query, q.Values[i], want[m.Name])
				}
			}
		}
		for i, m := range r.Metrics {
			if want := sums[i] / float64(r.Queries); math.Abs(m.Value-want) > 1e-12 {
				t.Fatalf("trial %d: %s is %g, want %g", trial, m.Name, m.Value, want)
			}
		}
	}
}

// Of many queries, half of them right, the interval is the normal distribution's:
// 0.5 +- 1.96 * 0.5 / sqrt(n).
func TestInterval(t *testing.T) {
	const n = 2000
	ranked, truth := map[string][]string{}, map[string][]string{}
	for q := range n {
		id := fmt.Sprint(q)
		truth[id], ranked[id] = []string{"a"}, []string{[]string{"a", "x"}[q%2]}
	}
	r, err := Score(ranked, truth, Options{Resamples: 2000, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	half := 1.96 * 0.5 / math.Sqrt(n)
	if m := r.MAR(); m.Value != 0.5 || math.Abs(m.Low-(0.5-half)) > 0.1*half || math.Abs(m.High-(0.5+half)) > 0.1*half {
		t.Errorf("got %+v, want 0.5 +- %g", m, half)
	}
	again, err := Score(ranked, truth, Options{Resamples: 2000, Seed: 5})
	if err != nil || !reflect.DeepEqual(r, again) {
		t.Error("the same seed must give the same report")
	}
}

func TestCompare(t *testing.T) {
	truth := map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"z"}}
	bad, err1 := Score(map[string][]string{"a": {"x"}}, truth, Options{})
	good, err2 := Score(map[string][]string{"a": {"x"}, "b": {"y"}, "c": {"z"}}, truth, Options{})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	m, err := Compare(bad, good, "mar_at_10", Options{})
	if err != nil || math.Abs(m.Value-2.0/3) > 1e-12 || m.Low < 0 || m.High > 1 {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := Compare(bad, good, "mar_at_10", Options{Resamples: -1}); err == nil {
		t.Error("a negative number of resamples must be an error")
	}
}

func TestRankedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ranked.csv")
	err := WriteRanked(path, slices.Values([]Result{{"q,1", 1, "a", 0.5}, {"q,1", 2, "b", 0.25}, {"r", 1, "a", 1}}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadRanked(path)
	want := &Ranked{IDs: map[string][]string{"q,1": {"a", "b"}, "r": {"a"}},
		Scores: map[string][]float32{"q,1": {0.5, 0.25}, "r": {1}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for text, say := range map[string]string{
		"":                                     "first line",
		"query,rank,index\n":                   "lacks the column score",
		"query,rank,index,score\nq,2,a,1\n":    "line 2: the rank",
		"query,rank,index,score\nq,1,a,NaN\n":  "no finite number",
		"query,rank,index,score\nq,1,\"a,1\n":  "line 2",
		"query,rank,index,score\nq,1,a,1,7\n":  "it has 5 fields",
		"query,rank,index,score\nq,one,a,1\n":  "rank",
		"query,rank,index,score\n,1,a,1\nq,1,": "line",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRanked(path); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: got %v, want %q", text, err, say)
		}
	}
}

func TestWriteRankedRefusesNaN(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ranked.csv")
	err := WriteRanked(path, slices.Values([]Result{{"q", 1, "a", float32(math.NaN())}}))
	if err == nil || !strings.Contains(err.Error(), "query q") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is there all the same")
	}
}

func FuzzRanked(f *testing.F) {
	f.Add("query,rank,index,score\nq,1,a,0.5\n")
	f.Fuzz(func(t *testing.T, text string) { _, _ = readRanked(strings.NewReader(text)) })
}

func ExampleScore() {
	report, err := Score(
		map[string][]string{"q": {"a", "x", "b"}},
		map[string][]string{"q": {"a", "b", "c", "d"}},
		Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s = %.2f\n", report.MAR().Title, report.MAR().Value)
	// Output: macro-average recall at 10 (MAR@10), denominator R = 0.50
}
