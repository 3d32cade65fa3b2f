package retrieval

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The format of RANKED.csv.json.
const (
	rankingFormat  = "pvs ranking"
	rankingVersion = 1
	maxRanking     = 4 << 20 // bytes
)

// Ranking says what ranked results were searched with and in: the file RANKED.csv.json
// beside RANKED.csv, so that they are not scored against another catalogue.
type Ranking struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Results string   `json:"results_sha256"` // of the CSV
	Index   Searched `json:"index"`
	Queries Searched `json:"queries"`
}

// Searched describes the index or the queries of a search.
type Searched struct {
	Name   string          `json:"name"` // of the vectors, or a photo's file
	Rows   int             `json:"rows"`
	IDs    string          `json:"ids_sha256"`
	Origin *vectors.Origin `json:"origin,omitempty"` // nil where it is not known
}

// RankingOf describes a search of queries in an index by the sets and their names.
func RankingOf(index *vectors.Set, indexName string, queries *vectors.Set, queriesName string) *Ranking {
	describe := func(s *vectors.Set, name string) Searched {
		if full, err := filepath.Abs(name); err == nil {
			name = full
		}
		return Searched{Name: name, Rows: s.Len(), IDs: vectors.DigestIDs(s.IDs), Origin: s.Origin}
	}
	return &Ranking{Format: rankingFormat, Version: rankingVersion, Index: describe(index, indexName),
		Queries: describe(queries, queriesName)}
}

func rankingFile(path string) string { return path + ".json" }

// WriteRanked writes results as a CSV (see [evaluate.WriteRanked]) and its sidecar. The
// sidecar is never beside another CSV: it is removed first and written last.
func WriteRanked(path string, results Results, r *Ranking) error {
	if _, err := readRanking(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(rankingFile(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := evaluate.WriteRanked(path, results.Each); err != nil {
		return err
	}
	var err error
	note := *r
	if note.Results, err = fileDigest(path); err != nil {
		return err
	}
	return wholefile.Write(rankingFile(path), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(note)
	})
}

func fileDigest(path string) (string, error) {
	s, err := stamp.Of(path)
	return hex.EncodeToString(s.SHA256[:]), err
}

// ReadRanking reads the sidecar of a CSV of results; nil where there is none. The sidecar
// of other results than the CSV holds now is an error.
func ReadRanking(path string) (*Ranking, error) {
	r, err := readRanking(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now, err := fileDigest(path)
	if err != nil {
		return nil, err
	}
	if now != r.Results {
		return nil, fmt.Errorf("%s is not about the results that are in %s now: another program wrote them; "+
			"search again, or remove %s if they are meant to be scored", rankingFile(path), path, rankingFile(path))
	}
	return r, nil
}

func readRanking(path string) (*Ranking, error) {
	path = rankingFile(path)
	data, err := wholefile.Start(path, maxRanking+1)
	if err != nil {
		return nil, err
	}
	wrong := func(what string) error {
		return fmt.Errorf("%s should say what was searched, but %s; search again, or remove it if it is "+
			"another program's", path, what)
	}
	var head struct {
		Format  string
		Version int
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil:
		return nil, wrong(fmt.Sprintf("it is cut off or damaged (%v)", err))
	case head.Format != rankingFormat:
		return nil, wrong(fmt.Sprintf("its format is %q, not %q", head.Format, rankingFormat))
	case head.Version != rankingVersion:
		return nil, wrong(fmt.Sprintf("it has the format's version %d, and this pvs reads %d", head.Version,
			rankingVersion))
	}
	r := &Ranking{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, wrong(fmt.Sprintf("it was changed or damaged (%v)", err))
	}
	if len(r.Results) != 2*sha256.Size {
		return nil, wrong("the digest of the results is none")
	}
	return r, nil
}

// Against says in notes what has changed since the search, and refuses a catalogue that
// has other photos than were searched: other ids in a split, or the same ids with other
// files. Vectors that do not say what they are of, or are no longer where they were, are
// not compared.
func (r *Ranking) Against(ctx context.Context, c *catalog.Catalog, path string) (notes []string, err error) {
	for _, side := range []Searched{r.Index, r.Queries} {
		if !side.Origin.Known() || side.Origin.List == "" {
			continue
		}
		split, err := catalog.ParseSplit(side.Origin.Split)
		if err != nil {
			continue // of no split
		}
		var ids []string
		for _, p := range c.Split(split) {
			ids = append(ids, p.ID)
		}
		if vectors.DigestIDs(ids) != side.Origin.List {
			return nil, fmt.Errorf("%s ranks photos of the split %s of the catalogue %s, %d vectors, but %s "+
				"has other photos in that split, %d: score it against the catalogue that was searched, or "+
				"embed and search this one",
				path, split, side.Origin.Catalog, side.Rows, c.Dir, len(ids))
		}
		note, err := side.changed(ctx, c, path)
		if err != nil {
			return nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return notes, nil
}

// mostPhotos is how many photos of the index, and of the queries, are compared at most,
// evenly spread: where times differ, as in a copied catalogue, a photo is read.
const mostPhotos = 10_000

// changed compares photos with the stamps beside the vectors.
func (s Searched) changed(ctx context.Context, c *catalog.Catalog, path string) (note string, err error) {
	rows, err := vectors.OpenRows(s.Name)
	if err != nil {
		return "", nil // moved, or made again: nothing is known of the photos
	}
	defer rows.Close()
	if !rows.Origin.Known() || vectors.DigestIDs(rows.IDs) != s.IDs || !rows.Origin.Date.Equal(s.Origin.Date) ||
		rows.Origin.Photos != s.Origin.Photos {
		return fmt.Sprintf("the vectors %s were made again since they were searched for %s: search again for "+
			"their score", s.Name, path), nil
	}
	stamps, err := vectors.ReadStamps(s.Name)
	if err != nil || len(stamps) != len(rows.IDs) {
		return "", nil
	}
	byID := c.ByID()
	n := min(len(rows.IDs), mostPhotos)
	files, of, ids := make([]string, n), make([]stamp.Stamp, n), make([]string, n)
	for i := range n {
		at := i * len(rows.IDs) / n
		ids[i], of[i] = rows.IDs[at], stamps[at]
		files[i] = c.File(byID[ids[i]])
	}
	places, err := embed.Changed(ctx, files, of)
	switch {
	case err != nil || len(places) == 0:
		return "", err
	case len(places) == n && !missing(files):
		return "", fmt.Errorf("%s ranks photos of the catalogue %s, and those of %s have the same ids but "+
			"other files, %s the first: score it against the catalogue that was searched, or embed and search this one",
			path, s.Origin.Catalog, c.Dir, ids[places[0]])
	}
	return fmt.Sprintf("%d of %d photos of %s have changed or are gone since they were embedded as %s, %s the "+
		"first: embed and search again for their score",
		len(places), n, c.Dir, s.Name, ids[places[0]]), nil
}

// missing says whether no file is there: vectors can be scored without their photos.
func missing(files []string) bool {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			return false
		}
	}
	return true
}
