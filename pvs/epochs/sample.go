package epochs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

// Relation is what makes a photo of a sample right for another one.
type Relation string

// The relations.
const (
	// ByTruth: queries are searched for in index photos; the catalogue's truth says which are right.
	ByTruth Relation = "truth"
	// ByProduct and ByTitle: each photo is searched for among all others.
	ByProduct Relation = "product"
	ByTitle   Relation = "title"
)

// Sample is the photos of a catalogue whose vectors are kept. Nothing is learned from them.
type Sample struct {
	Catalog string   `json:"catalog"` // its folder, an absolute path
	By      Relation `json:"by"`
	Photos  []Photo  `json:"photos"`
}

// Photo is one of a sample.
type Photo struct {
	ID    string `json:"id"`
	Query bool   `json:"query,omitempty"` // it is searched for
	Index bool   `json:"index,omitempty"` // it can be found
	Stamp string `json:"stamp"`           // of its file, as package stamp writes it
}

// mostRight is how many right photos of a query are taken, so that no product fills the sample.
const mostRight = 9

// choose takes queries of the catalogue with their right photos, whole products in an order that depends on ids only,
// and fills up with other index photos. Without queries that have a right photo it is nil.
func choose(c *catalog.Catalog, n int) (*Sample, error) {
	truth, err := c.Truth()
	if err != nil {
		return nil, err
	}
	var queries, index []string
	for _, p := range c.Split(catalog.Query) {
		if len(truth[p.ID]) > 0 {
			queries = append(queries, p.ID)
		}
	}
	for _, p := range c.Split(catalog.Index) {
		index = append(index, p.ID)
	}
	if len(queries) == 0 {
		return nil, nil
	}
	s := &Sample{By: ByTruth}
	has := map[string]bool{}
	add := func(p Photo) {
		has[p.ID] = true
		s.Photos = append(s.Photos, p)
	}
	for _, q := range shuffled(queries) {
		var right []string
		for _, id := range shuffled(truth[q]) {
			if len(right) < mostRight && !has[id] {
				right = append(right, id)
			}
		}
		if len(s.Photos)+1+len(right) > n {
			break
		}
		add(Photo{ID: q, Query: true})
		for _, id := range right {
			add(Photo{ID: id, Index: true})
		}
	}
	for _, id := range shuffled(index) {
		if len(s.Photos) >= n {
			break
		}
		if !has[id] {
			add(Photo{ID: id, Index: true})
		}
	}
	return s, nil
}

// shuffled returns ids in the order of their digests: the same in each run, and hardly changed by new photos.
func shuffled(ids []string) []string {
	type one struct {
		id  string
		sum [sha256.Size]byte
	}
	list := make([]one, len(ids))
	for i, id := range ids {
		list[i] = one{id, sha256.Sum256([]byte(id))}
	}
	slices.SortFunc(list, func(a, b one) int { return slices.Compare(a.sum[:], b.sum[:]) })
	out := make([]string, len(ids))
	for i, o := range list {
		out[i] = o.id
	}
	return out
}

// HeldOut is a sample of photos that are each searched for among all others, at most n, for catalogues without queries.
func HeldOut(ids []string, by Relation, n int) *Sample {
	s := &Sample{By: by}
	for _, id := range ids[:min(n, len(ids))] {
		s.Photos = append(s.Photos, Photo{ID: id, Query: true, Index: true})
	}
	return s
}

// stamped fills in the catalogue and the files' stamps. A photo that cannot be read is an error, or left out.
func (s *Sample) stamped(ctx context.Context, c *catalog.Catalog, skipBad bool) (err error) {
	if s.Catalog, err = filepath.Abs(c.Dir); err != nil {
		return err
	}
	byID := c.ByID()
	bad := make([]bool, len(s.Photos))
	err = cores.Each(ctx, len(s.Photos), func(i int) error {
		file := c.File(byID[s.Photos[i].ID])
		of, err := stamp.Of(file)
		if err == nil && skipBad {
			_, err = imageprep.Open(file, imageprep.Limits{})
		}
		if err != nil && !skipBad {
			return fmt.Errorf("photo %s, whose vectors should be kept: %w", s.Photos[i].ID, err)
		}
		bad[i], s.Photos[i].Stamp = err != nil, of.String()
		return nil
	})
	var good []Photo
	for i, p := range s.Photos {
		if !bad[i] {
			good = append(good, p)
		}
	}
	s.Photos = good
	return err
}

// Right lists, for each photo that is searched for, the places in the sample of its right photos, in the catalogue as
// it is now.
func (s *Sample) Right(c *catalog.Catalog) (map[int][]int, error) {
	byID := c.ByID()
	place := map[string]int{}
	for i, p := range s.Photos {
		place[p.ID] = i
	}
	right := map[int][]int{}
	if s.By == ByTruth {
		truth, err := c.Truth()
		if err != nil {
			return nil, err
		}
		for i, p := range s.Photos {
			if !p.Query {
				continue
			}
			for _, id := range truth[p.ID] {
				if at, ok := place[id]; ok && s.Photos[at].Index && at != i {
					right[i] = append(right[i], at)
				}
			}
		}
		return right, nil
	}
	name := func(p Photo) string {
		if s.By == ByTitle {
			return labels.Normalize(byID[p.ID].Title)
		}
		return byID[p.ID].Product
	}
	sharing := map[string][]int{}
	for i, p := range s.Photos {
		if n := name(p); n != "" {
			sharing[n] = append(sharing[n], i)
		}
	}
	for i, p := range s.Photos {
		for _, at := range sharing[name(p)] {
			if at != i {
				right[i] = append(right[i], at)
			}
		}
	}
	return right, nil
}

// Against says whether the sample is of a catalogue: an error in a sentence where photos are not in it, or have other
// files, or are gone.
func (s *Sample) Against(ctx context.Context, c *catalog.Catalog) error {
	byID := c.ByID()
	changed := make([]bool, len(s.Photos))
	for _, p := range s.Photos {
		if _, ok := byID[p.ID]; !ok {
			return fmt.Errorf("its vectors are of %s, and the catalogue %s has no photo %s", s.Catalog, c.Dir, p.ID)
		}
	}
	err := cores.Each(ctx, len(s.Photos), func(i int) error {
		of, err := stamp.Parse(s.Photos[i].Stamp)
		if err != nil {
			return err
		}
		same, err := of.Same(c.File(byID[s.Photos[i].ID]))
		changed[i] = !same
		return err
	})
	if err != nil {
		return err
	}
	if at := slices.Index(changed, true); at >= 0 {
		n := 0
		for _, c := range changed {
			if c {
				n++
			}
		}
		return fmt.Errorf("its vectors are of %s, and in the catalogue %s %d of %d photos have other files or are gone, "+
			"%s the first", s.Catalog, c.Dir, n, len(s.Photos), s.Photos[at].ID)
	}
	return nil
}

// digest tells samples apart, by their files' bytes, not by the times that a stamp has, too.
func (s *Sample) digest() string {
	h := sha256.New()
	for _, p := range s.Photos {
		of, _ := stamp.Parse(p.Stamp)                                      // checked when it was read
		fmt.Fprintf(h, "%q %t %t %x\n", p.ID, p.Query, p.Index, of.SHA256) // a hash's Write does not fail
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Same says whether two samples are of the same photos, so that their vectors can be compared.
func (s *Sample) Same(other *Sample) bool { return s.By == other.By && s.digest() == other.digest() }

// check says what no program of this format writes.
func (s *Sample) check() error {
	seen := map[string]bool{}
	for _, p := range s.Photos {
		if p.ID == "" || seen[p.ID] {
			return fmt.Errorf("the photo %q stands in it twice, or has no id", p.ID)
		}
		seen[p.ID] = true
		if _, err := stamp.Parse(p.Stamp); err != nil {
			return err
		}
	}
	if !slices.Contains([]Relation{ByTruth, ByProduct, ByTitle}, s.By) {
		return fmt.Errorf("%q is no relation of photos", cmp.Or(string(s.By), "nothing"))
	}
	return nil
}
