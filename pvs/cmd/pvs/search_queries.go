package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/combine"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// queriesName names the query vectors, or the photos.
func (c *searchCommand) queriesName() string {
	if c.Queries != "" {
		return c.Queries
	}
	return strings.Join(c.Image, " + ")
}

// queriesTitle is queriesName in a sentence.
func (c *searchCommand) queriesTitle() string {
	if c.Queries != "" {
		return "the queries " + c.Queries
	}
	return "the photo " + c.queriesName()
}

// queries reads the vectors or embeds the photos.
func (c *searchCommand) queries(a *app, index *vectors.Origin) (*vectors.Set, error) {
	if c.Queries == "" {
		return c.photos(a, index)
	}
	queries, err := vectors.ReadUnit(c.Queries)
	if err != nil {
		return nil, err
	}
	a.unknown(c.Queries, queries.Origin)
	if len(c.given()) > 0 && index.Known() {
		_, before, err := whiteningOf(c.Index, index)
		if err != nil {
			return nil, err
		}
		if _, err := c.matching(a, c.Index, before); err != nil {
			return nil, err
		}
	}
	return a.whitenedAs(c.Index, index, queries, c.queriesTitle())
}

// photos embeds the photos. Several are of one thing, and one query: the mean of their unit vectors.
func (c *searchCommand) photos(a *app, index *vectors.Origin) (*vectors.Set, error) {
	e, err := c.embedder(a, index)
	if err != nil {
		return nil, err
	}
	all := &vectors.Set{Dim: e.Dim()}
	for _, file := range c.Image {
		if slices.Contains(all.IDs, file) {
			return nil, fmt.Errorf("the photo %s is named twice: as one of several photos it would count twice", file)
		}
		photo, err := imageprep.Open(file, embed.Limits(e, imageprep.Limits{}))
		if err != nil {
			return nil, err
		}
		one, err := embed.One(e, file, photo)
		if err != nil {
			return nil, err
		}
		all.IDs, all.Data, all.Origin = append(all.IDs, file), append(all.Data, one.Data...), one.Origin
	}
	if err := all.Normalize(); err != nil || all.Len() == 1 {
		return all, err
	}
	a.log(fmt.Sprintf("%d photos of one thing are one query: the mean of their vectors", all.Len()))
	return combine.Mean(all, slices.Repeat([]string{c.queriesName()}, all.Len()))
}

// embedder is the one that the index was made with, or that of the flags.
func (c *searchCommand) embedder(a *app, index *vectors.Origin) (embed.Embedder, error) {
	if index.Known() {
		return c.as(a, c.Index, index)
	}
	e, _, err := c.open(a)
	return e, err
}

// figures are those of a search, for JSON.
func (c *searchCommand) figures(queries *vectors.Set, rate float64, index int) map[string]any {
	out := map[string]any{"queries": queries.Len(), "queries_per_second": rate, "index": index}
	if len(c.Image) > 0 {
		out["photos"] = len(c.Image)
	}
	return out
}
