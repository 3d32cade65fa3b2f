package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/explain"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// search reads what is explained, and names the index for messages.
func (c *explainCommand) search(a *app, cat *catalog.Catalog) (s explain.Search, name string, err error) {
	s.Catalog = cat
	if c.Index != "" {
		return c.onDisk(a, s)
	}
	ranked, indexName, queryName := c.Ranked, "", ""
	if c.Folder != "" {
		ranked = filepath.Join(c.Folder, "ranked.csv")
		indexName, queryName = filepath.Join(c.Folder, string(catalog.Index)), filepath.Join(c.Folder, string(catalog.Query))
	}
	results, ranking, err := c.ranking(ranked)
	if err != nil {
		return s, "", err
	}
	if indexName == "" {
		if ranking == nil {
			return s, "", fmt.Errorf("there is no %s.json, which would name the vectors that were searched: "+
				"search again with pvs search", ranked)
		}
		indexName, queryName = ranking.Index.Name, ranking.Queries.Name
	}
	if s.Index, err = vectors.ReadUnit(indexName); err != nil {
		return s, "", err
	}
	if s.Queries, err = vectors.ReadUnit(queryName); err != nil {
		return s, "", err
	}
	for _, side := range []struct {
		name string
		set  *vectors.Set
	}{{indexName, s.Index}, {queryName, s.Queries}} {
		a.unknown(side.name, side.set.Origin)
		if err := unchanged(a, cat, side.name, side.set.IDs); err != nil {
			return s, "", err
		}
	}
	if ranking != nil {
		notes, err := ranking.Against(a.ctx, cat, ranked)
		if err != nil {
			return s, "", err
		}
		for _, n := range notes {
			a.log("warning: " + n)
		}
	}
	if results != nil {
		c.found = results
	}
	return s, indexName, nil
}

// ranking reads results; none where a folder has no ranked.csv.
func (c *explainCommand) ranking(path string) (map[string][]string, *retrieval.Ranking, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && c.Folder != "" {
		return nil, nil, nil
	}
	results, err := evaluate.ReadRanked(path)
	if err != nil {
		return nil, nil, err
	}
	ranking, err := retrieval.ReadRanking(path)
	return results.IDs, ranking, err
}

// onDisk reads an index on disk with what it finds. The queries are vectors that there are, or embedded now.
func (c *explainCommand) onDisk(a *app, s explain.Search) (explain.Search, string, error) {
	ix, err := index.Open(c.Index)
	if err != nil {
		return s, "", err
	}
	defer ix.Close()
	shot := ix.Snapshot()
	defer shot.Release()
	if s.Index, err = allVectors(a.ctx, shot, ix); err != nil {
		return s, "", err
	}
	if s.Queries, err = c.queriesFor(a, s.Catalog, ix.Origin()); err != nil {
		return s, "", err
	}
	s.Found = map[string][]string{}
	update, finish := a.progress("searching the index")
	defer finish()
	for i, id := range s.Queries.IDs {
		q := index.Query{Vector: s.Queries.Row(i), K: retrieval.K}
		answer, err := shot.Search(a.ctx, q)
		if err != nil {
			return s, "", err
		}
		for _, h := range answer.Hits {
			s.Found[id] = append(s.Found[id], h.ID)
		}
		update(i+1, s.Queries.Len())
	}
	return s, c.Index, nil
}

// allVectors reads all of an index.
func allVectors(ctx context.Context, shot *index.Snapshot, ix *index.Index) (*vectors.Set, error) {
	set := &vectors.Set{Dim: ix.Dim(), Data: make([]float32, 0, shot.Photos()*ix.Dim()), Origin: ix.Origin()}
	err := shot.Vectors(ctx, 0, func(id string, v []float32) error {
		set.IDs, set.Data = append(set.IDs, id), append(set.Data, v...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return set, set.Normalize()
}

// queriesFor reads the queries, or embeds those of the catalogue into the folder, as the index was made.
func (c *explainCommand) queriesFor(a *app, cat *catalog.Catalog, o *vectors.Origin) (*vectors.Set, error) {
	if c.Queries != "" {
		set, err := vectors.ReadUnit(c.Queries)
		if err != nil {
			return nil, err
		}
		return set, unchanged(a, cat, c.Queries, set.IDs)
	}
	photos := embed.PhotosOf(cat, catalog.Query)
	if len(photos) == 0 {
		return nil, fmt.Errorf("the catalogue %s has no photos in the split query", cat.Dir)
	}
	e, err := c.embedder(a, c.Index, o)
	if err != nil {
		return nil, err
	}
	name := filepath.Join(c.Out, "work", "query")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	update, finish := a.progress("embedding queries")
	_, err = embed.Run(a.ctx, e, photos, name, embed.RunOptions{Progress: update, Log: a.log, Catalog: cat.Dir,
		Split: catalog.Query})
	finish()
	if err != nil {
		return nil, err
	}
	return vectors.ReadUnit(name)
}

// changedPhotos counts photos that are no longer what vectors were made of, and names the first.
func changedPhotos(ctx context.Context, cat *catalog.Catalog, name string, ids []string) (n int, first string,
	err error) {
	stamps, err := vectors.ReadStamps(name)
	if err != nil || len(stamps) != len(ids) {
		return 0, "", nil // not made from photos here
	}
	byID := cat.ByID()
	files := make([]string, len(ids))
	for i, id := range ids {
		p, ok := byID[id]
		if !ok {
			return 0, "", fmt.Errorf("%s has the vector of %s, and the catalogue %s has no such photo: name the catalogue "+
				"that was embedded", name, id, cat.Dir)
		}
		files[i] = cat.File(p)
	}
	rows, err := embed.Changed(ctx, files, stamps)
	if err != nil || len(rows) == 0 {
		return 0, "", err
	}
	return len(rows), ids[rows[0]], nil
}
