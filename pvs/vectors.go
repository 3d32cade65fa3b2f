package pvs

import (
	"context"
	"image"
	"io"
	"sync"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Vectors are photos' vectors, of length 1, so that the inner product of two is their
// cosine. They know their photos' ids and what made them ([vectors.Set]). They may be used
// from several goroutines at once; their values must not be changed.
type Vectors struct {
	*vectors.Set
	Skipped []string // one line for each photo that was left out because it cannot be read

	search *searchBackend // nil: plain Go searches
	mu     sync.Mutex     // of what follows
	plain  *retrieval.Index
	large  *retrieval.Index // on the backend
}

// ReadVectors reads vectors that [EmbedOptions.Save] kept, or that another program wrote as
// NAME.npy and NAME.ids.
func ReadVectors(name string) (*Vectors, error) {
	set, err := vectors.Read(name)
	if err != nil {
		return nil, err
	}
	return newVectors(set, nil)
}

// newVectors brings a set to length 1.
func newVectors(set *vectors.Set, search *searchBackend) (*Vectors, error) {
	if err := set.Normalize(); err != nil {
		return nil, err
	}
	return &Vectors{Set: set, search: search}, nil
}

// Result is a photo that was found for a query: its id, its rank from 1 and the cosine of
// the two vectors.
type Result = evaluate.Result

// Results are the photos found for each query, in the order of the queries, nearest first.
type Results = retrieval.Results

// Search finds the k nearest of each query by comparing it with all vectors. Where queries
// are among the vectors, by id and value, a photo is not found as itself. Queries of another
// network, or of the same in another way, are an error that says how they differ.
func (v *Vectors) Search(ctx context.Context, queries *Vectors, k int) (Results, error) {
	return v.find(ctx, queries.Set, k)
}

// SearchPhoto finds the k nearest of a photo: a file, an upload, whatever holds an image of
// a kind that docs/data.md lists. The network must be the one that made the vectors.
func (v *Vectors) SearchPhoto(ctx context.Context, n *Network, photo io.Reader, k int) ([]Result, error) {
	p, err := photoOf(photo)
	if err != nil {
		return nil, err
	}
	return v.findPhoto(ctx, n, p, k)
}

// SearchImage is [Vectors.SearchPhoto] for an image that was decoded.
func (v *Vectors) SearchImage(ctx context.Context, n *Network, m image.Image, k int) ([]Result, error) {
	p, err := photoFrom(m)
	if err != nil {
		return nil, err
	}
	return v.findPhoto(ctx, n, p, k)
}

func (v *Vectors) findPhoto(ctx context.Context, n *Network, photo *imageprep.RGB, k int) ([]Result, error) {
	query, err := n.one(ctx, photo, v.Origin)
	if err != nil {
		return nil, err
	}
	results, err := v.find(ctx, query, k)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

func (v *Vectors) find(ctx context.Context, queries *vectors.Set, k int) (Results, error) {
	index, err := v.index(ctx, queries.Len())
	if err != nil {
		return nil, err
	}
	return retrieval.Search(ctx, index, queries, k)
}

// index makes what is searched, once for small and once for large searches.
func (v *Vectors) index(ctx context.Context, queries int) (*retrieval.Index, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var on compute.Backend
	at := &v.plain
	if v.search != nil && retrieval.WorthABackend(v.Len(), queries, v.Dim) {
		b, err := v.search.open(ctx)
		if err != nil {
			return nil, err
		}
		on, at = b, &v.large
	}
	if *at == nil {
		index, err := retrieval.NewIndexOn(on, v.Set)
		if err != nil {
			return nil, err
		}
		*at = index
	}
	return *at, nil
}
