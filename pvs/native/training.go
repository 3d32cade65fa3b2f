package native

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/cores"
	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Training computes the features and the gradients of an EfficientNet. It is not for concurrent
// use.
//
//	t, err := native.NewTraining(config, 224, native.TrainingOptions{})
//	err = t.Load(values)
//	err = t.Forward(images, nil, features)
//	err = t.Backward(slopes, gradients)
type Training struct {
	config effnet.Config
	size   int
	first  int // the block that trains first; 0: all that is before it, too
	row    int // values of what enters
	k      *kernels
	parts  []part
	values map[string][]float32 // the BatchNorms of the last load
	in     []float32            // of the last forward pass, with its factors
	noise  []float32
	rows   int
}

// part is the images of one core.
type part struct {
	kept, sums, scratch []float32
	tally               []float32 // a BatchNorm's sums
}

// room makes a slice as long as n.
func (p *part) room(s *[]float32, n int) {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
}

// TrainingOptions of [NewTraining]; zero values are defaults.
type TrainingOptions struct {
	From string // what enters this block, "block7a", is trained on, which trains first; "": images
	// Norms trains the BatchNorms, which normalise by the batch's own statistics then. It goes with
	// images.
	Norms bool
	// Weights are those that have gradients; nil: all from the first block that trains on, but
	// BatchNorms', which have them if they train.
	Weights []string
}

// NewTraining makes room for a network's training on images of size pixels a side.
func NewTraining(config effnet.Config, size int, opts TrainingOptions) (*Training, error) {
	if !Supports(effnet.Float32) {
		return nil, errUnsupported
	}
	return newTraining(config, size, opts, lanes())
}

func newTraining(config effnet.Config, size int, opts TrainingOptions, lanes int) (*Training, error) {
	t := &Training{config: config, size: size, row: 3 * size * size}
	if opts.From != "" {
		t.first = slices.IndexFunc(config.Blocks(), func(b effnet.Block) bool { return b.Name == opts.From })
		switch {
		case t.first < 1:
			return nil, fmt.Errorf("%s has no block %q that something frozen is before", config.Title, opts.From)
		case opts.Norms:
			return nil, fmt.Errorf("BatchNorms of %s train from images on, not from %s", config.Title, opts.From)
		}
		h, w, c := config.InputOf(opts.From, size)
		t.row = h * w * c
	}
	var trains func(string) bool
	if opts.Weights != nil {
		trains = func(name string) bool { return slices.Contains(opts.Weights, name) }
	}
	t.k = newKernels(config, size, t.first, opts.Norms, trains, lanes)
	return t, nil
}

// Load takes the weights, named and laid out as [effnet.Config.Variables] says.
func (t *Training) Load(values map[string][]float32) error {
	if err := check(t.config, values, t.size, effnet.Float32); err != nil {
		return err
	}
	t.k.load(values)
	for _, n := range t.k.norms {
		n.load(values)
	}
	t.values = values
	return nil
}

// Forward computes the features [n, config.Features()] of images [n, size, size, 3], 0..255, or of
// what enters the first block that trains, and keeps what [Training.Backward] needs. Factors are
// those of [Options]. What it is given must not change until then.
func (t *Training) Forward(in, factors, features []float32) error {
	blocks := len(t.config.Blocks())
	n := len(in) / t.row
	if n == 0 || len(in) != n*t.row || len(features) != n*t.config.Features() || factors != nil && len(factors) != n*blocks {
		return fmt.Errorf("the training of %s cannot take %d values to %d, with %d factors", t.config.Title, len(in), len(features), len(factors))
	}
	t.in, t.noise, t.rows = in, factors, n
	for len(t.parts) < min(n, runtime.GOMAXPROCS(0)) {
		t.parts = append(t.parts, part{scratch: make([]float32, t.k.working)})
	}
	t.parts = t.parts[:min(n, len(t.parts))]
	if t.k.norms != nil {
		return t.forwardNorms(features)
	}
	return t.each(func(p *part, from, to int) {
		dim := t.config.Features()
		t.k.forward(p, in[from*t.row:to*t.row], t.factors(from, to), features[from*dim:to*dim], to-from, t.first)
	})
}

// Backward computes how a loss falls with each weight that trains, by its name, in the layout of
// the weight: slopes [n, config.Features()] is how it falls with the features of the last forward
// pass. Slices that gradients has are written to.
func (t *Training) Backward(slopes []float32, gradients map[string][]float32) error {
	dim := t.config.Features()
	if t.rows == 0 || len(slopes) != t.rows*dim {
		return fmt.Errorf("the training of %s has features of %d images, not of %d", t.config.Title, t.rows, len(slopes)/dim)
	}
	err := t.each(func(p *part, from, to int) {
		p.room(&p.sums, t.k.sums)
		clear(p.sums)
		if t.k.norms != nil {
			return
		}
		t.k.backward(p, t.in[from*t.row:to*t.row], t.factors(from, to), slopes[from*dim:to*dim], to-from, t.first)
	})
	if err != nil {
		return err
	}
	if t.k.norms != nil {
		if err := t.backwardNorms(slopes, gradients); err != nil {
			return err
		}
	}
	return t.collect(gradients)
}

// collect adds up what all parts have of each weight's gradients.
func (t *Training) collect(gradients map[string][]float32) error {
	for _, g := range t.k.gathers {
		if size := g.rows * g.columns; len(gradients[g.name]) != size {
			gradients[g.name] = make([]float32, size)
		}
	}
	return cores.Each(context.Background(), len(t.k.gathers), func(i int) error {
		g := t.k.gathers[i]
		var sums [][]float32
		for _, p := range t.parts {
			sums = append(sums, p.sums[g.at:])
		}
		g.unpack(sums, factors(t.values, g.norm), gradients[g.name])
		return nil
	})
}

// each calls f for all parts, on a core each.
func (t *Training) each(f func(p *part, from, to int)) error {
	n := len(t.parts)
	return cores.Each(context.Background(), n, func(i int) error {
		f(&t.parts[i], t.rows*i/n, t.rows*(i+1)/n)
		return nil
	})
}

// factors are those of some images.
func (t *Training) factors(from, to int) []float32 {
	if t.noise == nil {
		return nil
	}
	blocks := len(t.config.Blocks())
	return t.noise[from*blocks : to*blocks]
}
