package cpu

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Training computes the features and the gradients of an EfficientNet. It is not for concurrent
// use.
//
//	t, err := cpu.NewTraining(config, 224, cpu.TrainingOptions{})
//	err = t.Load(values)
//	err = t.Forward(images, nil, features)
//	err = t.Backward(slopes)
//	err = t.Step(adam, weights)
type Training struct {
	lifetime
	config effnet.Config
	size   int
	first  int // the block that trains first; 0: all that is before it, too
	row    int // values of what enters
	k      *kernels
	most   int // parts
	parts  []part
	sums   []float32   // of all parts, one after the other
	scales [][]float32 // what BatchNorms multiply the weights of each gather by; nil before the first load
	in     []float32   // of the last forward pass, with its factors
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
		const line = 16 // the kernels take memory from lines of the cache on
		*s = make([]float32, n+line-1)
		*s = (*s)[-int(uintptr(unsafe.Pointer(unsafe.SliceData(*s)))/4)&(line-1):]
	}
	*s = (*s)[:n]
}

// TrainingOptions of [NewTraining]; zero values are defaults.
type TrainingOptions struct {
	From string // what enters this block, "block7a", is trained on, which trains first; "": images
	// Norms trains the BatchNorms, which normalise by the batch's own statistics then. It goes with
	// images.
	Norms bool
	// Weights are those that have gradients, any of what nil stands for: all from the first block that
	// trains on, but BatchNorms' unless Norms is set, and never their moving statistics.
	Weights []string
	// Parts is into how many parts a batch is cut, each with sums of its own on a core of its own;
	// 0: as many as there are cores. The same number gives the same sums on any number of cores.
	Parts int
}

// NewTraining makes room for a network's training on images of size pixels a side.
func NewTraining(config effnet.Config, size int, opts TrainingOptions) (*Training, error) {
	if !Supports(effnet.Float32) {
		return nil, errUnsupported
	}
	return newTraining(config, size, opts, lanes())
}

func newTraining(config effnet.Config, size int, opts TrainingOptions, lanes int) (*Training, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, fmt.Errorf("%s: an image of %d pixels a side has none", config.Title, size)
	}
	t := &Training{config: config, size: size, row: 3 * size * size, most: opts.Parts}
	if t.most < 1 {
		t.most = runtime.GOMAXPROCS(0)
	}
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
	names, err := opts.trained(config)
	if err != nil {
		return nil, err
	}
	if t.k, err = newKernels(config, size, t.first, opts.Norms, func(name string) bool { return names[name] }, lanes); err != nil {
		return nil, err
	}
	t.held = t.k.held
	return t, nil
}

// trained are the names of the weights that have gradients.
func (o TrainingOptions) trained(config effnet.Config) (map[string]bool, error) {
	can, reached := map[string]bool{}, o.From == ""
	for _, v := range config.Variables() {
		reached = reached || strings.HasPrefix(v.Name, o.From+"_")
		norm := strings.HasSuffix(v.Name, "/gamma") || strings.HasSuffix(v.Name, "/beta")
		if reached && !v.Statistic() && (o.Norms || !norm) {
			can[v.Name] = true
		}
	}
	if o.Weights == nil {
		return can, nil
	}
	some := map[string]bool{}
	for _, name := range o.Weights {
		if !can[name] {
			return nil, fmt.Errorf("the training of %s has no gradients of %q: it is no weight, or one that stays as it is with these options", config.Title, name)
		}
		some[name] = true
	}
	return some, nil
}

// Load takes the weights, named and laid out as [effnet.Config.Variables] says, all of which are copied.
func (t *Training) Load(values map[string][]float32) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	if err := check(t.config, values, t.size, effnet.Float32); err != nil {
		return err
	}
	t.k.load(values)
	for _, n := range t.k.norms {
		n.load(values)
	}
	t.scales = make([][]float32, len(t.k.gathers))
	for i, g := range t.k.gathers {
		t.scales[i] = factors(values, g.norm)
	}
	t.rows = 0 // what the last forward pass has kept is of other weights
	return nil
}

// Forward computes the features [n, config.Features()] of images [n, size, size, 3], 0..255, or of
// what enters the first block that trains, and keeps what [Training.Backward] needs. Factors are
// those of [Options]. What it is given must not change until then.
func (t *Training) Forward(in, factors, features []float32) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	if t.scales == nil {
		return fmt.Errorf("the training of %s has no weights: load them first", t.config.Title)
	}
	blocks := len(t.config.Blocks())
	n := len(in) / t.row
	if n == 0 || len(in) != n*t.row || len(features) != n*t.config.Features() || factors != nil && len(factors) != n*blocks {
		return fmt.Errorf("the training of %s cannot take %d values to %d, with %d factors", t.config.Title, len(in), len(features), len(factors))
	}
	t.in, t.noise, t.rows = in, factors, n
	for len(t.parts) < min(n, t.most) {
		t.parts = append(t.parts, part{})
	}
	t.parts = t.parts[:min(n, len(t.parts))]
	if t.k.norms != nil {
		t.forwardNorms(features)
		return nil
	}
	t.each(func(p *part, from, to int) {
		dim := t.config.Features()
		t.k.forward(p, in[from*t.row:to*t.row], t.factors(from, to), features[from*dim:to*dim], to-from, t.first)
	})
	return nil
}

// Backward adds up how a loss falls with each weight that trains: slopes [n, config.Features()] is how
// it falls with the features of the last forward pass.
func (t *Training) Backward(slopes []float32) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	dim := t.config.Features()
	if t.rows == 0 || len(slopes) != t.rows*dim {
		return fmt.Errorf("the training of %s has features of %d images, not of %d", t.config.Title, t.rows, len(slopes)/dim)
	}
	size := t.k.sums
	if more := len(t.parts)*size - len(t.sums); more > 0 {
		t.sums = append(t.sums, make([]float32, more)...)
	}
	for i := range t.parts {
		t.parts[i].sums = t.sums[i*size : (i+1)*size]
	}
	if t.k.norms != nil {
		t.backwardNorms(slopes)
		return nil
	}
	t.each(func(p *part, from, to int) {
		t.k.backward(p, t.in[from*t.row:to*t.row], t.factors(from, to), slopes[from*dim:to*dim], to-from, t.first)
	})
	return nil
}

// Gradients writes what was added up since the last time, by the names of the weights and in their
// layout. Slices that it is given are written to.
func (t *Training) Gradients(to map[string][]float32) error {
	return t.take(nil, func(name string, size int) (Trained, error) {
		if len(to[name]) != size {
			to[name] = make([]float32, size)
		}
		return Trained{Weights: to[name]}, nil
	})
}

// Step takes a step of Adam with it: weights are all that train, by their names and in their layout.
// What it computes with changes with [Training.Load] only. With an error no weight is changed, and what was
// added up stays.
func (t *Training) Step(a Adam, weights map[string]Trained) error {
	return t.take(&a, func(name string, size int) (Trained, error) {
		w, ok := weights[name]
		if !ok || !w.Fits(size, true) {
			return w, fmt.Errorf("the training of %s has %d gradients of %s, not those of %d weights with their moments", t.config.Title, size, name, len(w.Weights))
		}
		return w, nil
	})
}

// Discard drops what was added up since the last time.
func (t *Training) Discard() {
	clear(t.sums)
	for _, n := range t.k.norms {
		for _, gradients := range n.trained() {
			clear(gradients)
		}
	}
}

// take brings sums to where they go, and makes them zeros.
func (t *Training) take(a *Adam, to func(name string, size int) (Trained, error)) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	gathers := t.k.gathers
	places, ofNorms := make([]Trained, len(gathers)), map[string]Trained{}
	var err error
	for i, g := range gathers {
		if places[i], err = to(g.name, g.rows*g.columns); err != nil {
			return err
		}
	}
	for _, n := range t.k.norms {
		for name, gradients := range n.trained() {
			if ofNorms[name], err = to(name, len(gradients)); err != nil {
				return err
			}
		}
	}
	// From here on nothing fails, so that a step is taken whole or not at all.
	for _, n := range t.k.norms {
		for name, gradients := range n.trained() {
			if a == nil {
				copy(ofNorms[name].Weights, gradients)
			} else {
				a.stepWith(gradients, ofNorms[name], t.k.lanes)
			}
			clear(gradients)
		}
	}
	if len(t.sums) == 0 {
		return nil
	}
	cores.Ranges(len(t.k.ways), 8*runtime.GOMAXPROCS(0), func(_, from, to int) {
		for _, w := range t.k.ways[from:to] {
			g := gathers[w.gather]
			begin, factor := g.begin(w.column, t.scales[w.gather])
			g.unpackPanel(t.k.lanes, w.width, w.columns, t.sums[w.at:], len(t.sums)/t.k.sums, t.k.sums, factor, a, places[w.gather].from(begin))
		}
	})
	return nil
}

// from is the weights from one on.
func (t Trained) from(i int) Trained {
	t.Weights = t.Weights[i:]
	if t.M != nil {
		t.M, t.V = t.M[i:], t.V[i:]
	}
	return t
}

// each calls f for all parts, on a core each.
func (t *Training) each(f func(p *part, from, to int)) {
	cores.Ranges(t.rows, len(t.parts), func(i, from, to int) { f(&t.parts[i], from, to) })
}

// factors are those of some images.
func (t *Training) factors(from, to int) []float32 {
	if t.noise == nil {
		return nil
	}
	blocks := len(t.config.Blocks())
	return t.noise[from*blocks : to*blocks]
}
