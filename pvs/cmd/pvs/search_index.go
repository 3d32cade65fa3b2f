package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// onDisk says whether a name is that of an index's folder, and not of vectors.
func onDisk(name string) bool {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return false
	}
	_, err = os.Stat(strings.TrimSuffix(filepath.Clean(name), ".npy") + ".npy")
	return err != nil
}

// onDiskOnly names a flag that vectors in files do not have; "" where none was given.
func (c *searchCommand) onDiskOnly() string {
	for _, f := range []struct {
		given bool
		flag  string
	}{{c.Products, "--products"}, {c.Category != "", "--category"}, {len(c.Where) > 0, "--where"},
		{c.MinScore != 0, "--min-score"}, {c.Exact, "--exact"}, {c.Candidates > 0, "--candidates"}} {
		if f.given {
			return f.flag
		}
	}
	return ""
}

// onDisk searches an index on disk.
func (c *searchCommand) onDisk(a *app) error {
	ix, err := index.Open(c.Index)
	if err != nil {
		return err
	}
	defer ix.Close()
	if !ix.Origin().Known() {
		a.log(fmt.Sprintf("the index %s does not say what made its vectors: whether they may be compared with others is "+
			"not checked", c.Index))
	}
	queries, err := c.queries(a, ix.Origin())
	if err != nil {
		return err
	}
	if err := vectors.Compare("the index "+c.Index, ix.Origin(), c.queriesTitle(), queries.Origin); err != nil {
		return err
	}
	s := ix.Snapshot()
	defer s.Release()
	begun := time.Now()
	answers, err := c.answers(a, s, queries)
	if err != nil {
		return err
	}
	rate := float64(queries.Len()) / time.Since(begun).Seconds()
	results := resultsOf(queries, answers)
	if c.Out != "" {
		ids, err := s.IDs(a.ctx)
		if err != nil {
			return err
		}
		ranking := retrieval.RankingOf(&vectors.Set{IDs: ids, Dim: ix.Dim(), Origin: ix.Origin()}, c.Index, queries,
			c.queriesName())
		if err := retrieval.WriteRanked(c.Out, results, ranking); err != nil {
			return err
		}
		a.say("%d queries in %d photos: %.0f queries/s; the results are in %s", queries.Len(), s.Photos(), rate, c.Out)
	} else {
		var text bytes.Buffer
		if err := evaluate.EncodeRanked(&text, results.Each); err != nil {
			return err
		}
		a.say("%s", strings.TrimSuffix(text.String(), "\n"))
	}
	out := c.figures(queries, rate, s.Photos())
	if len(c.Image) > 0 {
		out["match"], out["results"] = answers[0].Match, answers[0].Hits
		if !answers[0].Match && len(answers[0].Hits) > 0 && s.CutOff().Photos > 0 {
			a.log("no match: the best score is below the cut-off, which pvs index info explains")
		}
	}
	return a.result(out)
}

// answers searches for each query. A photo is not found as itself.
func (c *searchCommand) answers(a *app, s *index.Snapshot, queries *vectors.Set) ([]*index.Answer, error) {
	var out []*index.Answer
	left := 0
	for i, id := range queries.IDs {
		q := index.Query{Vector: queries.Row(i), K: c.K, ByProduct: c.Products, Category: c.Category, Where: c.Where,
			MinScore: float32(c.MinScore), Exact: c.Exact, Candidates: c.Candidates}
		itself := c.IDs == string(retrieval.OneList)
		if c.IDs == string(retrieval.ByVector) && c.Queries != "" {
			v, err := s.Vector(a.ctx, id)
			itself = err == nil && slices.Equal(v, q.Vector)
		}
		if itself {
			q.Exclude = []string{id}
			left++
		}
		search := s.Search
		if after := c.after(); !after.IsZero() {
			search = func(ctx context.Context, q index.Query) (*index.Answer, error) { return improved(ctx, s, q, after) }
		}
		answer, err := search(a.ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, answer)
	}
	if left > 0 && c.IDs == string(retrieval.ByVector) {
		a.log(fmt.Sprintf("%d queries are photos of the index, by id and vector, and are not found as themselves; "+
			"--ids one or --ids two decides otherwise", left))
	}
	return out, nil
}

// resultsOf are answers as a search of vectors gives them.
func resultsOf(queries *vectors.Set, answers []*index.Answer) retrieval.Results {
	out := make(retrieval.Results, len(answers))
	for q, answer := range answers {
		for i, h := range answer.Hits {
			out[q] = append(out[q], evaluate.Result{Query: queries.IDs[q], Rank: i + 1, Index: h.ID, Score: h.Score})
		}
	}
	return out
}
