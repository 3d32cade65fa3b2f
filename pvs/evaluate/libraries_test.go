package evaluate

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// librarySearch is one search of testdata/libraries.json, which docs/ci/passport.py makes.
type librarySearch struct {
	Kind  string
	K     int
	Rows  map[string][][2]any
	Truth map[string][]string
	// Values are those of a library, by the passport's names.
	Values []struct {
		Library     string
		Conventions map[string]string
		Values      map[string]float64
	}
}

func librarySearches(t *testing.T) []librarySearch {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "libraries.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []librarySearch }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func (s librarySearch) ranked() *Ranked {
	r := &Ranked{IDs: map[string][]string{}, Scores: map[string][]float32{}}
	for query, rows := range s.Rows {
		for _, row := range rows {
			r.IDs[query] = append(r.IDs[query], row[0].(string))
			r.Scores[query] = append(r.Scores[query], float32(row[1].(float64)))
		}
	}
	return r
}

// conventionsOf reads what the script says of a library's values.
func conventionsOf(t *testing.T, said map[string]string) (c Conventions) {
	t.Helper()
	set := map[string]func(){
		"no_truth left out":    func() {},
		"no_truth zero":        func() { c.NoTruth = NoTruthZero },
		"no_truth one":         func() { c.NoTruth = NoTruthOne },
		"no_results left out":  func() { c.NoResults = NoResultsLeftOut },
		"self right":           func() { c.Self = SelfRight },
		"self by truth":        func() { c.Self = SelfByTruth },
		"ties id descending":   func() { c.Ties = TiesIDDescending },
		"queries with results": func() {},
	}
	for what, how := range said {
		f := set[what+" "+how]
		if f == nil {
			t.Fatalf("unknown convention %s %s", what, how)
		}
		f()
	}
	return c
}

// Each library gave the values of its names for random rankings with equal scores, gaps and short lists. The file says
// which versions.
func TestLibraries(t *testing.T) {
	compared, held := map[string]int{}, map[string]bool{}
	for i, search := range librarySearches(t) {
		for _, v := range search.Values {
			truth := maps.Clone(search.Truth)
			if v.Conventions["queries"] == "with results" {
				maps.DeleteFunc(truth, func(q string, _ []string) bool { return search.Rows[q] == nil })
			}
			got := definedValues(t, search.ranked(), truth,
				Options{K: search.K, Conventions: conventionsOf(t, v.Conventions)})
			for name, want := range v.Values {
				if g, ok := got[name]; !ok || math.Abs(g-want) > 1e-6 {
					t.Errorf("search %d (%s, k = %d): %s %s is %.7f, here %.7f", i, search.Kind, search.K, v.Library, name, want, g)
				}
				d := definitionOf(t, name, search.K)
				if d.also[v.Library] == "" {
					t.Errorf("%s names no metric of %s, which has it", name, v.Library)
				}
				compared[v.Library]++
				held[d.key+" "+v.Library] = true
			}
		}
	}
	// Each name that a passport gives is held to its library.
	for _, d := range definitions {
		for library := range d.also {
			if !held[d.key+" "+library] {
				t.Errorf("%s of %s is not compared", library, d.key)
			}
		}
	}
	t.Logf("values compared: %v", compared)
}

// definitionOf returns the definition that has a name at k.
func definitionOf(t *testing.T, name string, k int) definition {
	t.Helper()
	all := definitionsAt(k, func(definition) bool { return true })
	i := slices.IndexFunc(all, func(d definition) bool { return formatK(d.key, k) == name })
	if i < 0 {
		t.Fatalf("no definition is called %s", name)
	}
	return all[i]
}

// definedValues are all metrics under one set of conventions, by name.
func definedValues(t *testing.T, r *Ranked, truth map[string][]string, opts Options) map[string]float64 {
	t.Helper()
	opts.Resamples = 1
	report, err := r.score(truth, opts, func(definition) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, m := range report.Metrics {
		out[m.Name] = m.Value
	}
	return out
}
