package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type searchCommand struct {
	networkFlags
	Index   string `required:"" help:"Name of the index vectors." placeholder:"NAME"`
	Queries string `xor:"what" required:"" help:"Name of the query vectors." placeholder:"NAME"`
	Image   string `xor:"what" required:"" help:"One photo to search for, embedded with the network of the flags." placeholder:"FILE"`
	K       int    `default:"10" help:"Results a query."`
	Out     string `help:"Where to write the results; printed if not given." placeholder:"FILE.csv"`
}

// Run searches.
func (c *searchCommand) Run(a *app) error {
	index, err := readUnit(c.Index)
	if err != nil {
		return err
	}
	queries, err := c.queries(a)
	if err != nil {
		return err
	}
	results, seconds, err := searchVectors(a, index, queries, c.K)
	if err != nil {
		return err
	}
	rate := float64(queries.Len()) / seconds
	if c.Out != "" {
		if err := evaluate.WriteRanked(c.Out, each(results)); err != nil {
			return err
		}
		a.say("%d queries in %d vectors: %.0f queries/s; the results are in %s", queries.Len(), index.Len(), rate, c.Out)
	} else {
		var text bytes.Buffer
		if err := evaluate.EncodeRanked(&text, each(results)); err != nil {
			return err
		}
		a.say("%s", strings.TrimSuffix(text.String(), "\n"))
	}
	return a.result(map[string]any{"queries": queries.Len(), "queries_per_second": rate, "index": index.Len()})
}

// queries reads the vectors or embeds the photo.
func (c *searchCommand) queries(a *app) (*vectors.Set, error) {
	if c.Queries != "" {
		return readUnit(c.Queries)
	}
	e, _, _, err := c.open(a)
	if err != nil {
		return nil, err
	}
	photo, err := imageprep.Open(c.Image, imageprep.Limits{})
	if err != nil {
		return nil, err
	}
	set, err := embedOne(e, c.Image, photo)
	if err != nil {
		return nil, err
	}
	return set, set.Normalize()
}

// embedOne embeds a single photo.
func embedOne(e embed.Embedder, id string, photo *imageprep.RGB) (*vectors.Set, error) {
	inputs := make([]float32, e.Batch()*e.InputLen())
	e.Prepare(photo, inputs[:e.InputLen()])
	set := &vectors.Set{IDs: []string{id}, Dim: e.Dim(), Data: make([]float32, e.Dim())}
	return set, e.Embed(inputs, 1, set.Data)
}

// readUnit reads vectors and scales them to unit length.
func readUnit(name string) (*vectors.Set, error) {
	set, err := vectors.Read(name)
	if err != nil {
		return nil, err
	}
	if err := set.Normalize(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

// worthABackend is the number of products of values from which starting XLA pays.
const worthABackend = 4e9

// searchVectors finds the k nearest and returns them with the seconds it took, the
// first call's compilation left out.
func searchVectors(a *app, index, queries *vectors.Set, k int) ([][]evaluate.Result, float64, error) {
	if index.Dim != queries.Dim {
		return nil, 0, fmt.Errorf("the index has vectors of dimension %d and the queries of %d; embed both with the same network", index.Dim, queries.Dim)
	}
	var b compute.Backend
	if float64(index.Len())*float64(queries.Len())*float64(index.Dim) > worthABackend {
		var err error
		if b, _, err = backend.Open(a.ctx, backend.Training, a.log); err != nil {
			return nil, 0, err
		}
	}
	exact, err := search.NewExact(index.IDs, index.Data, index.Dim, search.ExactOptions{Backend: b})
	if err != nil {
		return nil, 0, err
	}
	if err := exact.Warm(a.ctx, queries.Len()); err != nil {
		return nil, 0, err
	}
	start := time.Now()
	hits, err := exact.Search(a.ctx, queries.Data, k, search.Options{QueryIDs: queries.IDs})
	if err != nil {
		return nil, 0, err
	}
	seconds := time.Since(start).Seconds()
	out := make([][]evaluate.Result, len(hits))
	for q, list := range hits {
		for i, h := range list {
			out[q] = append(out[q], evaluate.Result{Query: queries.IDs[q], Rank: i + 1, Index: index.IDs[h.Row], Score: h.Score})
		}
	}
	return out, seconds, nil
}

// each yields all results in order.
func each(results [][]evaluate.Result) func(yield func(evaluate.Result) bool) {
	return func(yield func(evaluate.Result) bool) {
		for _, list := range results {
			for _, r := range list {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// ranked turns results into what evaluate takes.
func ranked(results [][]evaluate.Result) map[string][]string {
	out := map[string][]string{}
	for r := range each(results) {
		out[r.Query] = append(out[r.Query], r.Index)
	}
	return out
}
