package fit

import (
	"context"
	"fmt"
	"maps"
	"slices"

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
	relation       string // for people
	variants       bool   // the queries are augmented photos, which stand behind the index's

	read   func(in imageprep.Look) feed.Source // of the photos, large enough for such inputs
	photos []int                               // their numbers in it
	others *distractors
	seed   uint64         // of variants
	start  imageprep.Look // that inputs are of
	inputs []float32      // [index, variants and distractors, size, size, 3], such ones
}

// The relations, for people.
const (
	ofProduct = "of the same product"
	ofTitle   = "of the same title"
)

// fewestQueries are needed for products or titles to be what is validated by.
const fewestQueries = 20

// holdOut chooses what is validated by, and returns the train photos that are left to train on, by number: all where
// the split val has products or titles of its own, else all but a share of whole products or titles.
func (t *training) holdOut(ctx context.Context, photos []catalog.Photo, kind labels.Kind) (train []int, err error) {
	val := t.cat.Split(catalog.Val)
	held := unseen(val, photos)
	if len(held) > t.recipe.MostHeldOut {
		held = held[:t.recipe.MostHeldOut]
	}
	if product, title := truths(val, held); max(len(product), len(title)) >= fewestQueries {
		for i := range photos {
			train = append(train, i)
		}
		t.held, err = t.newHeldOut(ctx, catalog.Val, val, held, t.distractors(photos, train, val, held))
		return train, err
	}
	train, held, err = labels.HoldOut(photos, kind, t.recipe.HeldOut, t.recipe.Seed)
	if err != nil {
		return nil, err
	}
	if len(held) > t.recipe.MostHeldOut {
		held = held[:t.recipe.MostHeldOut]
	}
	t.held, err = t.newHeldOut(ctx, catalog.Train, photos, held, t.distractors(photos, train, photos, held))
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

// newHeldOut reads the photos of a split, given by their numbers.
func (t *training) newHeldOut(ctx context.Context, split catalog.Split, photos []catalog.Photo,
	held []int, others *distractors) (*heldOut, error) {
	h := &heldOut{relation: ofProduct, photos: held, others: others, seed: t.recipe.Seed}
	h.read = func(in imageprep.Look) feed.Source { return t.sourceOf(split, in) }
	for _, i := range held {
		h.index = append(h.index, photos[i].ID)
	}
	product, title := truths(photos, held)
	if h.truth = product; len(product) < fewestQueries {
		h.relation, h.truth = ofTitle, title
	}
	if h.variants = len(h.truth) < fewestQueries; h.variants {
		h.relation = "that they are variants of"
	}
	for _, i := range held {
		id := photos[i].ID
		switch {
		case h.variants:
			h.queries = append(h.queries, id+" augmented")
			h.truth[id+" augmented"] = []string{id}
		case h.truth[id] != nil:
			h.queries = append(h.queries, id)
		}
	}
	return h, h.lookAt(ctx, t.first)
}

// lookAt reads all inputs of a look, so that networks that look at photos so need not read them again.
func (h *heldOut) lookAt(ctx context.Context, in imageprep.Look) error {
	h.start = in
	row := 3 * in.Size * in.Size
	h.inputs = make([]float32, h.rows()*row)
	load, err := h.loader(in)
	if err != nil {
		return err
	}
	other, held := h.others.loader(in), len(h.photos)
	return cores.Each(ctx, held+len(h.others.photos), func(i int) error {
		if i >= held {
			return other(i-held, h.inputs[(h.own()+i-held)*row:][:row])
		}
		var variant []float32
		if h.variants {
			variant = h.inputs[(held+i)*row:][:row]
		}
		return load(i, h.inputs[i*row:][:row], variant)
	})
}

// own is how many inputs are of held-out photos: themselves, and their variants if there are any.
func (h *heldOut) own() int {
	if h.variants {
		return 2 * len(h.photos)
	}
	return len(h.photos)
}

// rows is how many inputs are embedded.
func (h *heldOut) rows() int { return h.own() + len(h.others.photos) }

// loader returns what reads photo i as inputs: itself, and its variant; nil where not wanted.
func (h *heldOut) loader(in imageprep.Look) (func(i int, itself, variant []float32) error, error) {
	source := h.read(in)
	side := in.Around()
	a, err := augment.New(augment.Strong(), side, h.seed)
	return func(i int, itself, variant []float32) error {
		photo, err := source.Open(h.photos[i])
		if err != nil {
			return err
		}
		if itself != nil {
			in.Into(photo, itself)
		}
		if variant != nil {
			whole := make([]float32, 3*side*side)
			a.Into(whole, photo, augment.Key{Photo: i})
			centre(variant, whole, in.Size, side)
		}
		return nil
	}, err
}

// centre copies the central square of size pixels a side of one of side pixels.
func centre(to, whole []float32, size, side int) {
	at := (side - size) / 2
	for y := range size {
		copy(to[3*y*size:3*(y+1)*size], whole[3*((at+y)*side+at):])
	}
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

// embed returns the vectors of index and queries. Other inputs than the training's are read anew.
func (h *heldOut) embed(ctx context.Context, e embed.Embedder, in imageprep.Look, asked []string) (index,
	queries *vectors.Set, err error) {
	row, n := e.InputLen(), h.rows()
	load := func(i int, to []float32) error {
		copy(to, h.inputs[i*row:])
		return nil
	}
	if in != h.start {
		read, err := h.loader(in)
		if err != nil {
			return nil, nil, err
		}
		other := h.others.loader(in)
		load = func(i int, to []float32) error {
			switch {
			case i < len(h.photos):
				return read(i, to, nil)
			case i < h.own():
				return read(i-len(h.photos), nil, to)
			}
			return other(i-h.own(), to)
		}
	}
	data := make([]float32, n*e.Dim())
	inputs := make([]float32, e.Batch()*row)
	for from := 0; from < n; from += e.Batch() {
		to := min(n, from+e.Batch())
		err := cores.Each(ctx, to-from, func(i int) error { return load(from+i, inputs[i*row:][:row]) })
		if err != nil {
			return nil, nil, err
		}
		if err := e.Embed(inputs, to-from, data[from*e.Dim():to*e.Dim()]); err != nil {
			return nil, nil, err
		}
	}
	index = &vectors.Set{IDs: slices.Concat(h.index, h.others.ids), Dim: e.Dim()}
	index.Data = slices.Concat(data[:len(h.index)*e.Dim()], data[h.own()*e.Dim():])
	queries = &vectors.Set{IDs: asked, Dim: e.Dim()}
	if h.variants {
		queries.Data = data[len(h.index)*e.Dim() : h.own()*e.Dim()]
	} else {
		at := map[string]int{}
		for i, id := range index.IDs {
			at[id] = i
		}
		for _, id := range asked {
			queries.Data = append(queries.Data, index.Row(at[id])...)
		}
	}
	if err := index.Normalize(); err != nil {
		return nil, nil, err
	}
	return index, queries, queries.Normalize()
}

// score embeds, searches and scores.
func (h *heldOut) score(ctx context.Context, e embed.Embedder, in imageprep.Look) (*evaluate.Report, error) {
	reports, err := h.scores(ctx, e, in, retrieval.After{})
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// scoreAll asks the distractors too, each for others of its product or title.
func (h *heldOut) scoreAll(ctx context.Context, e embed.Embedder, in imageprep.Look) (*evaluate.Report, error) {
	more := h.others.byTitle
	if h.relation == ofProduct {
		more = h.others.byProduct
	}
	if h.variants || len(more) == 0 {
		return h.score(ctx, e, in)
	}
	asked, truth := slices.Clone(h.queries), maps.Clone(h.truth)
	for _, id := range h.others.ids {
		if more[id] != nil {
			asked, truth[id] = append(asked, id), more[id]
		}
	}
	reports, err := h.searches(ctx, e, in, asked, truth, retrieval.After{})
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// scores are those of one network with each of several steps after a search.
func (h *heldOut) scores(ctx context.Context, e embed.Embedder, in imageprep.Look,
	after ...retrieval.After) ([]*evaluate.Report, error) {
	return h.searches(ctx, e, in, h.queries, h.truth, after...)
}

func (h *heldOut) searches(ctx context.Context, e embed.Embedder, in imageprep.Look, asked []string,
	truth map[string][]string, after ...retrieval.After) ([]*evaluate.Report, error) {
	index, queries, err := h.embed(ctx, e, in, asked)
	if err != nil {
		return nil, err
	}
	return scoresOf(ctx, index, queries, truth, after...)
}

// scoresOf are scores of vectors.
func scoresOf(ctx context.Context, index, queries *vectors.Set, truth map[string][]string,
	after ...retrieval.After) ([]*evaluate.Report, error) {
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
		if reports[i], err = evaluate.Score(results.Ranked(), truth, evaluate.Options{K: retrieval.K}); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// String says what is validated by.
func (h *heldOut) String() string {
	among := ""
	if n := len(h.others.ids); n > 0 {
		among = fmt.Sprintf(", among %d of the train photos too", n)
	}
	return fmt.Sprintf("%d held-out photos; with each of %d of them, those %s are searched for%s", len(h.index),
		len(h.queries), h.relation, among)
}
