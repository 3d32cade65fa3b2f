package main

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type vectorsAugmentCommand struct {
	Vectors    string  `arg:"" help:"Name of the index vectors."`
	Out        string  `required:"" help:"${vectors_out}" placeholder:"NAME"`
	Neighbours int     `min:"1" max:"100" default:"3" help:"How many of its nearest others each vector moves towards."`
	Alpha      float64 `min:"0" max:"100" default:"1" help:"${vectors_alpha}"`
}

// augmentBlock is how many vectors are searched for at a time.
const augmentBlock = 4096

// Run augments an index.
func (c *vectorsAugmentCommand) Run(a *app) error {
	if err := checkOut(c.Out, c.Vectors); err != nil {
		return err
	}
	source, err := a.readSource(c.Vectors)
	if err != nil {
		return err
	}
	if source.Origin.Known() && source.Origin.Augmented != "" {
		return fmt.Errorf("the vectors %s are augmented already, %s: take those that they were made of", source.name,
			source.Origin.Augmented)
	}
	if source.Len() < 2 {
		return fmt.Errorf("%s.npy holds one vector, which has no neighbours to move towards", source.name)
	}
	w, _, err := whiteningOf(c.Vectors, source.Origin)
	if err != nil {
		return err
	}
	index, err := retrieval.NewIndex(source.Set, source.Len(), a.searchBackend)
	if err != nil {
		return err
	}
	options := rerank.ExpandOptions{Neighbours: c.Neighbours, Alpha: c.Alpha}
	update, finish := a.progress("moving towards neighbours")
	made := &madeVectors{out: c.Out, of: source, origin: options.Augmented(source.Origin), dim: source.Dim, whitening: w,
		key: fmt.Sprintf("augmented %d %g of %s", c.Neighbours, c.Alpha, source.digest())}
	made.rows = func(from int) (*vectors.Set, error) {
		part := partOf(source.Set, from, min(from+augmentBlock, source.Len()))
		near, err := index.Search(a.ctx, part.Data, c.Neighbours, search.Options{QueryIDs: part.IDs})
		if err != nil {
			return nil, err
		}
		moved, err := rerank.Expand(source.Set, part, near, options)
		update(from+part.Len(), source.Len())
		return moved, err
	}
	err = made.write(a)
	finish()
	if err != nil {
		return err
	}
	return made.report(a, fmt.Sprintf("each moved towards its %d nearest", c.Neighbours),
		map[string]any{"neighbours": c.Neighbours, "alpha": c.Alpha})
}
