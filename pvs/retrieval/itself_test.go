package retrieval

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// unit makes a set of unit vectors.
func unit(t *testing.T, ids string, values ...float32) *vectors.Set {
	t.Helper()
	s := &vectors.Set{IDs: strings.Fields(ids), Data: slices.Clone(values)}
	s.Dim = len(values) / len(s.IDs)
	if err := s.Normalize(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Who is the query itself: a set in itself, the same photos with rounded values, two lists
// that count alike, and what a user says.
func TestAQueryIsNotFoundAsItself(t *testing.T) {
	index := []float32{2, 0, 0, 2, 2, 2}
	scaled, rounded := make([]float32, 6), make([]float32, 6)
	for i, v := range index {
		scaled[i], rounded[i] = 1.01*v, v*(1+1e-4*float32(i%2))
	}
	for _, c := range []struct {
		name    string
		queries []float32
		ids     IDs
		found   string // the nearest of 0, 1 and 2
		say     string
	}{
		{"in itself", index, "", "2 2 0", "3 of 3 queries are photos of the index (by id and vector) and are not found"},
		{"rounded", rounded, ByVector, "2 2 1", "3 of 3 queries are photos"},
		{"normalised by another program", []float32{1, 0, 0, 1, math.Sqrt2 / 2, math.Sqrt2 / 2}, ByVector, "2 2 0",
			"3 of 3 queries are photos"},
		// Their directions are the same, but not the vectors.
		{"another list", scaled, ByVector, "0 1 2",
			"3 of 3 queries have an id of the index for another photo (by the vectors)"},
		{"another list, said to be the same", scaled, OneList, "2 2 0", "3 of 3 queries are photos of the index (by id) and"},
		{"the same list, said to be another", index, TwoLists, "0 1 2", "for another photo (by the user's word)"},
		{"one photo in both", []float32{2, 0, 6, 0, 0, 6}, ByVector, "2 0 1",
			"3 of 3 queries have an id of the index; 1 of them have the same vector"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, queries := unit(t, "0 1 2", index...), unit(t, "0 1 2", c.queries...)
			x, err := NewIndex(set, queries.Len(), nil)
			if err != nil {
				t.Fatal(err)
			}
			x.IDs = c.ids
			results, err := Search(context.Background(), x, queries, 1)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for r := range results.Each {
				got = append(got, r.Index)
			}
			if strings.Join(got, " ") != c.found {
				t.Errorf("found %v, want %s", got, c.found)
			}
			if said := x.Decision(queries); !strings.Contains(said, c.say) {
				t.Errorf("said %q, want %q", said, c.say)
			}
		})
	}
	x, err := NewIndex(unit(t, "0 1 2", index...), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if said := x.Decision(unit(t, "a", 1, 1)); said != "" {
		t.Errorf("no id is shared, but it says %q", said)
	}
	// Where a length is not known, the direction tells.
	plain := &vectors.Set{IDs: []string{"0"}, Dim: 2, Data: []float32{1, 0}}
	if _, photos := x.Shared(plain); photos != 1 || plain.Length(0) != 0 || math.Abs(x.set.Length(2)-2*math.Sqrt2) > 1e-9 {
		t.Error("lengths are not what the vectors had")
	}
}
