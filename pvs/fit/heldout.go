package fit

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// heldOut are train or val photos that nothing is learned from. Each is searched for among all others: the right ones
// are of the same product, or have the same title. Where photos share neither, each photo's augmented variant is the
// query.
type heldOut struct {
	index, queries []string
	truth          map[string][]string
	inputs         []float32 // [index, size, size, 3], and the variants if there are any
	relation       string    // for people
}

// fewestQueries are needed for products or titles to be what is validated by.
const fewestQueries = 20

// holdOut chooses what is validated by, and returns the train photos that are left to train on, by number: all where
// the split val has products or titles of its own, else all but a share of whole products or titles.
func (t *training) holdOut(ctx context.Context, source feed.Source, photos []catalog.Photo,
	kind labels.Kind) (train []int, err error) {
	val := t.cat.Split(catalog.Val)
	held := unseen(val, photos)
	if len(held) > t.recipe.MostHeldOut {
		held = held[:t.recipe.MostHeldOut]
	}
	if product, title := truths(val, held); max(len(product), len(title)) >= fewestQueries {
		for i := range photos {
			train = append(train, i)
		}
		own := feed.FromCatalog(t.cat, catalog.Val, nil)
		own.Suffices(2 * t.pixels)
		t.held, err = newHeldOut(ctx, own, val, held, t.pixels, t.recipe.Seed)
		return train, err
	}
	train, held, err = labels.HoldOut(photos, kind, t.recipe.HeldOut, t.recipe.Seed)
	if err != nil {
		return nil, err
	}
	if len(held) > t.recipe.MostHeldOut {
		held = held[:t.recipe.MostHeldOut]
	}
	t.held, err = newHeldOut(ctx, source, photos, held, t.pixels, t.recipe.Seed)
	return train, err
}

// unseen lists the val photos whose product and title no train photo has.
func unseen(val, train []catalog.Photo) []int {
	product, title := map[string]bool{}, map[string]bool{}
	for _, p := range train {
		product[p.Product], title[labels.Normalize(p.Title)] = true, true
	}
	delete(product, "")
	delete(title, "")
	var out []int
	for i, p := range val {
		if !product[p.Product] && !title[labels.Normalize(p.Title)] {
			out = append(out, i)
		}
	}
	return out
}

// truths are the right results of held-out photos, by product and by title.
func truths(photos []catalog.Photo, held []int) (product, title map[string][]string) {
	return shared(photos, held, func(p catalog.Photo) string { return p.Product }),
		shared(photos, held, func(p catalog.Photo) string { return labels.Normalize(p.Title) })
}

// newHeldOut reads the photos, given by their numbers in the source.
func newHeldOut(ctx context.Context, s feed.Source, photos []catalog.Photo, held []int, size int,
	seed uint64) (*heldOut, error) {
	h := &heldOut{relation: "of the same product"}
	for _, i := range held {
		h.index = append(h.index, photos[i].ID)
	}
	product, title := truths(photos, held)
	if h.truth = product; len(product) < fewestQueries {
		h.relation, h.truth = "of the same title", title
	}
	variants := len(h.truth) < fewestQueries
	for _, i := range held {
		id := photos[i].ID
		switch {
		case variants:
			h.queries = append(h.queries, id+" augmented")
			h.truth[id+" augmented"] = []string{id}
		case h.truth[id] != nil:
			h.queries = append(h.queries, id)
		}
	}
	row := 3 * size * size
	h.inputs = make([]float32, len(held)*row)
	var a *augment.Augmenter
	if variants {
		h.relation = "that they are variants of"
		h.inputs = make([]float32, 2*len(held)*row)
		var err error
		if a, err = augment.New(augment.Strong(), size, seed); err != nil {
			return nil, err
		}
	}
	return h, cores.Each(ctx, len(held), func(i int) error {
		photo, err := s.Open(held[i])
		if err != nil {
			return err
		}
		imageprep.Square(photo, size, h.inputs[i*row:][:row])
		if variants {
			a.Into(h.inputs[(len(held)+i)*row:][:row], photo, augment.Key{Photo: i})
		}
		return nil
	})
}

// shared lists, for each photo that shares a name with others, those others.
func shared(photos []catalog.Photo, held []int, name func(catalog.Photo) string) map[string][]string {
	by := map[string][]string{}
	for _, i := range held {
		if n := name(photos[i]); n != "" {
			by[n] = append(by[n], photos[i].ID)
		}
	}
	truth := map[string][]string{}
	for _, ids := range by {
		for i, id := range ids {
			if len(ids) > 1 {
				truth[id] = append(append([]string(nil), ids[:i]...), ids[i+1:]...)
			}
		}
	}
	return truth
}

// embed returns the vectors of index and queries.
func (h *heldOut) embed(ctx context.Context, e embed.Embedder) (index, queries *vectors.Set, err error) {
	row := e.InputLen()
	n := len(h.inputs) / row
	data := make([]float32, n*e.Dim())
	inputs := make([]float32, e.Batch()*row)
	for from := 0; from < n; from += e.Batch() {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		to := min(n, from+e.Batch())
		copy(inputs, h.inputs[from*row:to*row])
		if err := e.Embed(inputs, to-from, data[from*e.Dim():to*e.Dim()]); err != nil {
			return nil, nil, err
		}
	}
	index = &vectors.Set{IDs: h.index, Dim: e.Dim(), Data: data[:len(h.index)*e.Dim()]}
	queries = &vectors.Set{IDs: h.queries, Dim: e.Dim()}
	if n > len(h.index) {
		queries.Data = data[len(h.index)*e.Dim():]
	} else {
		at := map[string]int{}
		for i, id := range h.index {
			at[id] = i
		}
		for _, id := range h.queries {
			queries.Data = append(queries.Data, index.Row(at[id])...)
		}
	}
	if err := index.Normalize(); err != nil {
		return nil, nil, err
	}
	return index, queries, queries.Normalize()
}

// score embeds, searches and scores.
func (h *heldOut) score(ctx context.Context, e embed.Embedder) (*evaluate.Report, error) {
	reports, err := h.scores(ctx, e, retrieval.After{})
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// scores are those of one network with each of several steps after a search.
func (h *heldOut) scores(ctx context.Context, e embed.Embedder, after ...retrieval.After) ([]*evaluate.Report, error) {
	index, queries, err := h.embed(ctx, e)
	if err != nil {
		return nil, err
	}
	x, err := retrieval.NewIndexOn(nil, index)
	if err != nil {
		return nil, err
	}
	x.IDs = retrieval.OneList
	reports := make([]*evaluate.Report, len(after))
	for i := range after {
		x.After = after[i]
		results, err := retrieval.Search(ctx, x, queries, retrieval.K)
		if err != nil {
			return nil, err
		}
		if reports[i], err = evaluate.Score(results.Ranked(), h.truth, evaluate.Options{K: retrieval.K}); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// String says what is validated by.
func (h *heldOut) String() string {
	return fmt.Sprintf("%d held-out photos; with each of %d of them, those %s are searched for", len(h.index),
		len(h.queries), h.relation)
}
