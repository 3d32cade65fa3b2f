package fit

import (
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// Stepper takes training steps of a recipe on made photos, to measure how long one takes on this machine.
type Stepper struct {
	session *session
	images  []float32
	of      targets
	steps   int
}

// NewStepper starts from a network's weights, of which it takes a copy, at size pixels a side, with so many labels.
func NewStepper(e engine.Engine, c effnet.Config, values map[string][]float32, size int, r Recipe,
	classes int) (*Stepper, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	own := optimize.Tensors{}
	for _, v := range c.VariablesOf(values) {
		own[v.Name] = append([]float32(nil), values[v.Name]...)
	}
	s, err := newSession(e, c, size, r, counts{classes: classes}, e.Parts(), 1_000_000, own)
	if err != nil {
		return nil, err
	}
	t := &Stepper{session: s, images: make([]float32, r.Batch()*3*size*size)}
	rng := rand.New(rand.NewPCG(1, 4))
	for i := range t.images {
		t.images[i] = float32(rng.IntN(256))
	}
	for i := range r.Batch() {
		t.of.labels = append(t.of.labels, int32(i/r.PerClass%classes))
	}
	return t, nil
}

// Step takes one. The first one compiles.
func (t *Stepper) Step() error {
	_, err := t.session.step(t.steps, t.images, t.of)
	t.steps++
	return err
}

// Close frees what the steps need.
func (t *Stepper) Close() { t.session.close() }
