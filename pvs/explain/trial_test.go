package explain_test

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/data/planted"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/explain"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// trial is a catalogue that is spoiled, and what is found with and without each kind of plants.
type trial struct {
	embedder embed.Embedder
	known    map[[32]byte][]float32 // vectors by the digest of the file
}

// vectors embeds a split; photos of the same bytes once.
func (tr *trial) vectors(t *testing.T, c *catalog.Catalog, split catalog.Split) *vectors.Set {
	t.Helper()
	photos := embed.PhotosOf(c, split)
	origin := tr.embedder.Origin()
	set := &vectors.Set{Dim: tr.embedder.Dim(), Origin: &origin}
	digests := make([][32]byte, len(photos))
	var fresh []embed.Photo
	seen := map[[32]byte]bool{}
	for i, p := range photos {
		s, err := stamp.Of(p.File)
		if err != nil {
			t.Fatal(err)
		}
		if digests[i] = s.SHA256; tr.known[s.SHA256] == nil && !seen[s.SHA256] {
			seen[s.SHA256], fresh = true, append(fresh, p)
		}
	}
	made, _, err := embed.InMemory(context.Background(), tr.embedder, fresh, embed.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Normalize(); err != nil {
		t.Fatal(err)
	}
	row := map[string]int{}
	for i, id := range made.IDs {
		row[id] = i
	}
	for i, p := range photos {
		if at, ok := row[p.ID]; ok {
			tr.known[digests[i]] = made.Row(at)
		}
	}
	for i, p := range photos {
		set.IDs, set.Data = append(set.IDs, p.ID), append(set.Data, tr.known[digests[i]]...)
	}
	return set
}

// score searches a catalogue.
func (tr *trial) score(t *testing.T, c *catalog.Catalog) (explain.Search, *evaluate.Report) {
	t.Helper()
	s := explain.Search{Catalog: c, Index: tr.vectors(t, c, catalog.Index), Queries: tr.vectors(t, c, catalog.Query)}
	truth, err := c.Truth()
	if err != nil {
		t.Fatal(err)
	}
	return s, scored(t, s.Index, s.Queries, truth)
}

// undone searches a spoiled catalogue again with the plants of a kind undone: their queries have their photos and
// labels back, and the index is without what was added for them, if that is asked for.
func undone(t *testing.T, s, sound explain.Search, made []planted.Plant, kind planted.Kind,
	fromIndex bool) *evaluate.Report {
	t.Helper()
	truth, err := s.Catalog.Truth()
	if err != nil {
		t.Fatal(err)
	}
	right, err := sound.Catalog.Truth()
	if err != nil {
		t.Fatal(err)
	}
	truth = maps.Clone(truth)
	queries := *s.Queries
	queries.Data = slices.Clone(queries.Data)
	for _, p := range made {
		if p.Kind == kind {
			truth[p.Query] = right[p.Query]
			copy(queries.Row(slices.Index(queries.IDs, p.Query)), sound.Queries.Row(slices.Index(sound.Queries.IDs, p.Query)))
		}
	}
	index := &vectors.Set{Dim: s.Index.Dim, Origin: s.Index.Origin}
	there := sound.Catalog.ByID()
	for i, id := range s.Index.IDs {
		if _, was := there[id]; was || !fromIndex || !strings.HasPrefix(id, string(kind)+"-") {
			index.IDs, index.Data = append(index.IDs, id), append(index.Data, s.Index.Row(i)...)
		}
	}
	return scored(t, index, &queries, truth)
}

// cropped searches a spoiled catalogue again with the queries that are little in their frame cropped, from files.
func (tr *trial) cropped(t *testing.T, s explain.Search, made []planted.Plant) *evaluate.Report {
	t.Helper()
	dir, byID := t.TempDir(), s.Catalog.ByID()
	var photos []embed.Photo
	for i, p := range made {
		if p.Kind != planted.Little {
			continue
		}
		photo, err := imageprep.Open(s.Catalog.File(byID[p.Query]), imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, explain.Cropped(photo).Image(), &jpeg.Options{Quality: 90}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprint(i, ".jpg"))
		if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		photos = append(photos, embed.Photo{ID: p.Query, File: path})
	}
	fresh, _, err := embed.InMemory(context.Background(), tr.embedder, photos, embed.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := fresh.Normalize(); err != nil {
		t.Fatal(err)
	}
	queries := *s.Queries
	queries.Data = slices.Clone(queries.Data)
	for i, id := range fresh.IDs {
		copy(queries.Row(slices.Index(queries.IDs, id)), fresh.Row(i))
	}
	truth, err := s.Catalog.Truth()
	if err != nil {
		t.Fatal(err)
	}
	return scored(t, s.Index, &queries, truth)
}

// scored searches.
func scored(t *testing.T, index, queries *vectors.Set, truth map[string][]string) *evaluate.Report {
	t.Helper()
	on, err := retrieval.NewIndexOn(nil, index)
	if err != nil {
		t.Fatal(err)
	}
	results, err := retrieval.Search(context.Background(), on, queries, retrieval.K)
	if err != nil {
		t.Fatal(err)
	}
	report, err := evaluate.Score(results.Ranked(), truth, evaluate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}
