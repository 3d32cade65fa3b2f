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

// Training is the forward and backward pass of an EfficientNet, and Adam's step. It is not for concurrent use.
//
//	t, err := cpu.NewTraining(config, 224, cpu.TrainingOptions{})
//	err = t.Load(values)
//	err = t.Forward(images, nil, features)
//	err = t.Backward(dFeatures)
//	err = t.Step(adam, weights)
type Training struct {
	lifetime
	config        effnet.Config
	size          int
	first         int // the first block that trains; 0: the stem, too
	row           int // values of an image, or of the first block's input
	net           *trainingNetwork
	maxParts      int
	parts         []part
	sums          []float32   // of all parts, one after the other
	scales        [][]float32 // of the BatchNorms folded into each weight; nil before the first load
	in            []float32   // of the last forward pass, with its factors
	branchFactors []float32
	rows          int
}

// part is the images that one core computes, and its memory.
type part struct {
	saved, sums, scratch []float32
	partialSums          []float32 // of a BatchNorm: [2, channels]
}

// resize makes a slice as long as n, beginning at a cache line.
func resize(s *[]float32, n int) {
	if cap(*s) < n {
		const line = 16 // in float32
		*s = make([]float32, n+line-1)
		*s = (*s)[-int(uintptr(unsafe.Pointer(unsafe.SliceData(*s)))/4)&(line-1):]
	}
	*s = (*s)[:n]
}

// TrainingOptions of [NewTraining]; zero values are defaults.
type TrainingOptions struct {
	From string // train from this block on, "block7a", on its inputs; "": on images
	// Norms puts BatchNorms in training mode: they normalise by the batch's statistics, and gamma and beta
	// train. It goes with images.
	Norms bool
	// Weights are those that train; nil: all from block From on, but BatchNorms' gamma and beta only with
	// Norms, and never moving statistics. [effnet.PoolExponent] trains where it is named.
	Weights []string
	// Parts is the number of parts that a batch is cut into. They run in parallel, each with its own partial
	// sums; 0: one for each core. The same number of parts has the same sums on any number of cores.
	Parts int
}

// NewTraining makes a network's training on images of size pixels a side. [Training.Close] frees its weights.
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
	t := &Training{config: config, size: size, row: 3 * size * size, maxParts: opts.Parts}
	if t.maxParts < 1 {
		t.maxParts = runtime.GOMAXPROCS(0)
	}
	if opts.From != "" {
		t.first = slices.IndexFunc(config.Blocks(), func(b effnet.Block) bool { return b.Name == opts.From })
		switch {
		case t.first < 1:
			return nil, fmt.Errorf("%s has no block %q with a frozen block before it", config.Title, opts.From)
		case opts.Norms:
			return nil, fmt.Errorf("BatchNorms of %s train on images only, not from %s on", config.Title, opts.From)
		}
		h, w, c := config.InputOf(opts.From, size)
		t.row = h * w * c
	}
	names, err := opts.trained(config)
	if err != nil {
		return nil, err
	}
	if t.net, err = newTrainingNetwork(config, size, t.first, opts.Norms, func(name string) bool { return names[name] },
		lanes); err != nil {
		return nil, err
	}
	t.memory = t.net.memory
	return t, nil
}

// trained are the names of the weights that train.
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
	chosen := map[string]bool{}
	for _, name := range o.Weights {
		if !can[name] && (name != effnet.PoolExponent || o.Norms) {
			return nil, fmt.Errorf("the training of %s has no gradients of %q: it is no weight, or one that "+
				"these options keep frozen",
				config.Title, name)
		}
		chosen[name] = true
	}
	return chosen, nil
}

// Load copies the weights, named and laid out as [effnet.Config.Variables] says.
func (t *Training) Load(values map[string][]float32) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	if err := check(t.config, values, t.size, effnet.Float32); err != nil {
		return err
	}
	if err := t.checkPooling(values); err != nil {
		return err
	}
	t.net.load(values)
	for _, n := range t.net.batchNorms {
		n.load(values)
	}
	t.scales = make([][]float32, len(t.net.packedWeights))
	for i, g := range t.net.packedWeights {
		t.scales[i] = factors(values, g.norm)
	}
	t.rows = 0 // what the last forward pass saved is of other weights
	return nil
}

// checkPooling says whether the training can pool as the weights say.
func (t *Training) checkPooling(values map[string][]float32) error {
	given := effnet.Exponent(values) != 0
	trains := slices.ContainsFunc(t.net.packedWeights, func(w packedWeight) bool { return w.name == effnet.PoolExponent })
	switch {
	case given && t.net.batchNorms != nil:
		return fmt.Errorf("BatchNorms of %s train with averages as features only, not with generalised means",
			t.config.Title)
	case trains && !given:
		return fmt.Errorf("the training of %s lacks the weight %s", t.config.Title, effnet.PoolExponent)
	}
	return nil
}

// Forward computes the features [n, config.Features()] of images [n, size, size, 3], 0..255, or of inputs of the
// first block that trains, and saves what [Training.Backward] needs. Factors are those of [Options]. In and factors
// must not change until Backward has returned.
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
	if n == 0 || len(in) != n*t.row || len(features) != n*t.config.Features() ||
		factors != nil && len(factors) != n*blocks {
		return fmt.Errorf("the training of %s cannot take %d values to %d, with %d factors",
			t.config.Title, len(in), len(features), len(factors))
	}
	t.in, t.branchFactors, t.rows = in, factors, n
	for len(t.parts) < min(n, t.maxParts) {
		t.parts = append(t.parts, part{})
	}
	t.parts = t.parts[:min(n, len(t.parts))]
	if t.net.batchNorms != nil {
		t.forwardBatchNorms(features)
		return nil
	}
	t.each(func(p *part, from, to int) {
		dim := t.config.Features()
		t.net.forward(p, in[from*t.row:to*t.row], t.factors(from, to), features[from*dim:to*dim], to-from, t.first)
	})
	return nil
}

// Backward adds up the gradients of all weights that train, given those of the features of the last forward pass,
// dFeatures [n, config.Features()].
func (t *Training) Backward(dFeatures []float32) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	dim := t.config.Features()
	if t.rows == 0 || len(dFeatures) != t.rows*dim {
		return fmt.Errorf("the training of %s has features of %d images, not of %d", t.config.Title, t.rows,
			len(dFeatures)/dim)
	}
	size := t.net.sums
	if more := len(t.parts)*size - len(t.sums); more > 0 {
		t.sums = append(t.sums, make([]float32, more)...)
	}
	for i := range t.parts {
		t.parts[i].sums = t.sums[i*size : (i+1)*size]
	}
	if t.net.batchNorms != nil {
		t.backwardBatchNorms(dFeatures)
		return nil
	}
	t.each(func(p *part, from, to int) {
		t.net.backward(p, t.in[from*t.row:to*t.row], t.factors(from, to), dFeatures[from*dim:to*dim], to-from, t.first)
	})
	return nil
}

// Gradients writes the gradients added up since the last step, by the names of the weights and in their layout, to
// the slices in to, or to new ones.
func (t *Training) Gradients(to map[string][]float32) error {
	return t.applyGradients(nil, func(name string, size int) (Trained, error) {
		if len(to[name]) != size {
			to[name] = make([]float32, size)
		}
		return Trained{Weights: to[name]}, nil
	})
}

// Step takes a step of Adam with them: weights are all that train, by their names and in their layout. The network
// computes with the new weights from the next [Training.Load] on. With an error no weight is changed, and the
// gradients stay.
func (t *Training) Step(a Adam, weights map[string]Trained) error {
	return t.applyGradients(&a, func(name string, size int) (Trained, error) {
		w, ok := weights[name]
		if !ok || !w.Fits(size, true) {
			return w, fmt.Errorf("the training of %s has %d gradients of %s, not those of %d weights with their moments",
				t.config.Title, size, name, len(w.Weights))
		}
		return w, nil
	})
}

// Discard drops the gradients added up since the last step.
func (t *Training) Discard() {
	clear(t.sums)
	for _, n := range t.net.batchNorms {
		for _, gradient := range n.gradients() {
			clear(gradient)
		}
	}
}

// applyGradients unpacks the gradients to their targets, or takes a step of Adam with them, and makes their sums
// zeros.
func (t *Training) applyGradients(a *Adam, to func(name string, size int) (Trained, error)) error {
	if err := t.begin(); err != nil {
		return err
	}
	defer t.end()
	packedWeights := t.net.packedWeights
	targets, ofBatchNorms := make([]Trained, len(packedWeights)), map[string]Trained{}
	var err error
	for i, g := range packedWeights {
		if targets[i], err = to(g.name, g.rows*g.columns); err != nil {
			return err
		}
	}
	for _, n := range t.net.batchNorms {
		for name, gradient := range n.gradients() {
			if ofBatchNorms[name], err = to(name, len(gradient)); err != nil {
				return err
			}
		}
	}
	// From here on nothing fails, so that a step is taken whole or not at all.
	for _, n := range t.net.batchNorms {
		for name, gradient := range n.gradients() {
			if a == nil {
				copy(ofBatchNorms[name].Weights, gradient)
			} else {
				a.stepWith(gradient, ofBatchNorms[name], t.net.lanes)
			}
			clear(gradient)
		}
	}
	if len(t.sums) == 0 {
		return nil
	}
	cores.Ranges(len(t.net.weightPanels), 8*runtime.GOMAXPROCS(0), func(_, from, to int) {
		for _, w := range t.net.weightPanels[from:to] {
			g := packedWeights[w.weight]
			begin, factor := g.begin(w.column, t.scales[w.weight])
			g.unpackPanel(t.net.lanes, w.width, w.columns, t.sums[w.at:], len(t.sums)/t.net.sums, t.net.sums, factor, a,
				targets[w.weight].from(begin))
		}
	})
	return nil
}

// from is the weights from index i on, with their moments.
func (t Trained) from(i int) Trained {
	t.Weights = t.Weights[i:]
	if t.M != nil {
		t.M, t.V = t.M[i:], t.V[i:]
	}
	return t
}

// each calls f for all parts in parallel.
func (t *Training) each(f func(p *part, from, to int)) {
	cores.Ranges(t.rows, len(t.parts), func(i, from, to int) { f(&t.parts[i], from, to) })
}

// factors are the branch factors of some images.
func (t *Training) factors(from, to int) []float32 {
	if t.branchFactors == nil {
		return nil
	}
	blocks := len(t.config.Blocks())
	return t.branchFactors[from*blocks : to*blocks]
}
