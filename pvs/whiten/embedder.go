package whiten

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Embedder embeds photos as another one does and whitens their vectors: an embed.Embedder whose vectors, of unit
// length, are searched for in whitened ones.
type Embedder struct {
	embed.Embedder
	by *Whitening
}

// NewEmbedder checks that the whitening was learned on vectors as the embedder makes them.
func NewEmbedder(e embed.Embedder, by *Whitening) (*Embedder, error) {
	origin := e.Origin()
	if err := vectors.Compare("what the whitening was learned on", by.Origin, "the photo", &origin); err != nil {
		return nil, err
	}
	if e.Dim() != by.In {
		return nil, fmt.Errorf("the whitening was learned on vectors of dimension %d, and those of photos have %d", by.In,
			e.Dim())
	}
	return &Embedder{e, by}, nil
}

// Key names the embedder and the whitening.
func (e *Embedder) Key() string { return e.Embedder.Key() + e.by.mark() }

// Origin is the embedder's with the whitening.
func (e *Embedder) Origin() vectors.Origin {
	o := e.Embedder.Origin()
	if w := e.by.originOf(&o); w != nil {
		return *w
	}
	return o
}

// Dim returns the length of a whitened vector.
func (e *Embedder) Dim() int { return e.by.Out }

// Limits are those of the embedder ([embed.Limits]).
func (e *Embedder) Limits(l imageprep.Limits) imageprep.Limits { return embed.Limits(e.Embedder, l) }

// PrepareWhole is the embedder's ([embed.PrepareWhole]).
func (e *Embedder) PrepareWhole(part *imageprep.RGB, input []float32) {
	embed.PrepareWhole(e.Embedder, part, input)
}

// Embed maps n prepared photos to n whitened vectors of unit length. Where one has no direction, before or after, it is
// zeros, which [vectors.Set.Normalize] refuses.
func (e *Embedder) Embed(inputs []float32, n int, out []float32) error {
	if len(out) < n*e.by.Out {
		return fmt.Errorf("%d values hold no vectors of %d photos: %d are needed", len(out), n, n*e.by.Out)
	}
	plain := make([]float32, e.Batch()*e.by.In)
	if err := e.Embedder.Embed(inputs, n, plain); err != nil {
		return err
	}
	plain = plain[:n*e.by.In]
	none := make([]bool, n)
	for i := range n {
		none[i] = !unit(plain[i*e.by.In : (i+1)*e.by.In])
	}
	e.by.into(out[:n*e.by.Out], plain)
	for i := range n {
		if row := out[i*e.by.Out : (i+1)*e.by.Out]; none[i] || !unit(row) {
			clear(row)
		}
	}
	return nil
}
