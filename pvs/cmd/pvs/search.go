package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type searchCommand struct {
	networkFlags
	Index   string   `required:"" help:"${search_index}" placeholder:"NAME"`
	Queries string   `xor:"what" required:"" help:"Name of the query vectors." placeholder:"NAME"`
	Image   []string `xor:"what" required:"" sep:"none" help:"${search_image}" placeholder:"FILE"`
	K       int      `min:"1" default:"10" help:"Results a query."`
	IDs     string   `name:"ids" default:"auto" enum:"auto,one,two" help:"${search_ids}"`
	Out     string   `help:"Where to write the results; printed if not given." placeholder:"FILE.csv"`
	Expand  int      `min:"0" max:"100" help:"${search_expand}" placeholder:"N"`
	Rerank  bool     `help:"${search_rerank}"`

	// Of an index on disk only.
	Products   bool              `help:"Products instead of photos, each by its best photo."`
	Category   string            `help:"Search only in this category and what is below it." placeholder:"PATH"`
	Where      map[string]string `mapsep:"none" help:"${search_where}" placeholder:"FIELD=VALUE"`
	MinScore   float64           `above:"0" max:"1" help:"Leave out results with a smaller cosine."`
	Exact      bool              `help:"Compare with every vector instead of with the best candidates."`
	Candidates int               `min:"1" help:"${search_candidates}" placeholder:"N"`
}

// Run searches.
func (c *searchCommand) Run(a *app) error {
	if info, err := os.Stat(c.Out); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file in it: --out %s", c.Out, filepath.Join(c.Out, "ranked.csv"))
	}
	if c.Out != "" {
		lock, err := onewriter.Lock(c.Out)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	if onDisk(c.Index) {
		return c.onDisk(a)
	}
	if flag := c.onDiskOnly(); flag != "" {
		return misuse{fmt.Errorf("%s is for an index on disk, and %s names vectors: make an index of them by "+
			"pvs index create", flag, c.Index)}
	}
	index, err := vectors.ReadUnit(c.Index)
	if err != nil {
		return err
	}
	a.unknown(c.Index, index.Origin)
	queries, err := c.queries(a, index.Origin)
	if err != nil {
		return err
	}
	if err := vectors.Compare("the index "+c.Index, index.Origin, c.queriesTitle(), queries.Origin); err != nil {
		return err
	}
	results, seconds, err := c.search(a, index, queries)
	if err != nil {
		return err
	}
	rate := float64(queries.Len()) / seconds
	if c.Out != "" {
		ranking := retrieval.RankingOf(index, c.Index, queries, c.queriesName())
		if err := retrieval.WriteRanked(c.Out, results, ranking); err != nil {
			return err
		}
		a.say("%d queries in %d vectors: %.0f queries/s; the results are in %s", queries.Len(), index.Len(), rate, c.Out)
	} else {
		var text bytes.Buffer
		if err := evaluate.EncodeRanked(&text, results.Each); err != nil {
			return err
		}
		a.say("%s", strings.TrimSuffix(text.String(), "\n"))
	}
	return a.result(c.figures(queries, rate, index.Len()))
}

// search finds the results and says which of them were left out as the query itself.
func (c *searchCommand) search(a *app, index, queries *vectors.Set) (retrieval.Results, float64, error) {
	exact, err := retrieval.NewIndex(index, queries.Len(), a.searchBackend)
	if err != nil {
		return nil, 0, err
	}
	exact.IDs, exact.After = retrieval.IDs(c.IDs), c.after()
	if said := exact.Decision(queries); said != "" {
		a.log(said + "; --ids one or --ids two decides otherwise")
	}
	return searchIndex(a, exact, queries, c.K)
}

// after is what is done with the first results.
func (c *searchCommand) after() retrieval.After {
	return retrieval.After{Expand: c.Expand, Rerank: c.Rerank}
}

// searchVectors finds the k nearest and returns them with the seconds it took, the
// first call's compilation left out.
func searchVectors(a *app, index, queries *vectors.Set, k int) (retrieval.Results, float64, error) {
	exact, err := retrieval.NewIndex(index, queries.Len(), a.searchBackend)
	if err != nil {
		return nil, 0, err
	}
	return searchIndex(a, exact, queries, k)
}

func searchIndex(a *app, exact *retrieval.Index, queries *vectors.Set, k int) (retrieval.Results, float64, error) {
	if err := exact.Warm(a.ctx, queries.Len()); err != nil {
		return nil, 0, err
	}
	start := time.Now()
	results, err := retrieval.Search(a.ctx, exact, queries, k)
	return results, time.Since(start).Seconds(), err
}

// searchBackend starts the backend of large searches.
func (a *app) searchBackend() (compute.Backend, error) {
	b, _, err := backend.Open(a.ctx, backend.Training, a.log)
	return b, err
}
