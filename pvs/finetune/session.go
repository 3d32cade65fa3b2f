package finetune

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// SessionOptions of [NewSession].
type SessionOptions struct {
	Size        int     // side of the square images
	DropConnect float64 // stochastic depth at the last block; 0 is off
	// MicroBatch is how many images the backbone trains on at once; a larger batch is
	// split and its gradients are added. 0: all of the batch.
	MicroBatch int
	// Inference runs the layers before the first one that trains, in steps from images; the zero
	// engine: they run with those that train.
	Inference engine.Engine
	// Parts is the number of parts that the fused CPU kernels cut a batch into, each with its own
	// partial sums and computed on one core; 0: one for each core. The same number of parts has
	// the same sums on any number of cores.
	Parts int
}

// Session trains one network, phase after phase. It is not for concurrent use.
type Session struct {
	engine  engine.Engine
	config  effnet.Config
	opts    SessionOptions
	devices *devices // nil: one

	store    *model.Store
	top      classify.Head // Classes is 0 without a classifier
	project  siamese.Head  // Dim is 0 without a Siamese head
	programs map[program]*compiled
	changes  []change // of the graph that is being built
	staged   []staged // what a step has computed so far
	sumsLeft bool     // by a step in parts that failed

	phase         Phase
	input         Input
	trainable     []string
	iterations    int // of this phase's optimizer
	sharedUpTo    int // values of a weight whose moments share a vector; see [held]
	frozen        frozen
	backboneFused *fusedBackbone    // of the phase; nil: not built yet
	headFused     *classify.CPUHead // the same
}

// NewSession puts a network's weights - the backbone's, and those of the heads if values has them
// - where the engine, which was chosen for training, has them. The backbone trains in the engine's
// precision; weights, moments, gradients, heads and their losses are float32. Its devices, if there
// are several, train in parallel, each on its part of a batch or micro-batch, which they must
// divide; a Siamese head trains on one, since its loss compares each row with all others.
func NewSession(e engine.Engine, config effnet.Config, values map[string][]float32,
	opts SessionOptions) (*Session, error) {
	s := &Session{engine: e, config: config, opts: opts,
		store: model.NewStore(), programs: map[program]*compiled{}, sharedUpTo: sharedUpTo}
	for _, e := range []engine.Engine{e, opts.Inference} {
		if !e.Precision.Trains() {
			return nil, fmt.Errorf("%s %w", e.Precision, engine.ErrInferenceOnly)
		}
	}
	var err error
	if s.devices, err = newDevices(e.Devices); err != nil {
		return nil, err
	}
	if err := s.devices.divide("micro-batch", opts.MicroBatch); err != nil {
		return nil, err
	}
	if err := config.Load(s.store.RootScope(), values); err != nil {
		return nil, err
	}
	return s, s.Load(values)
}

// errGeneralisedMean is of a checkpoint that fit made with a recipe's gem.
var errGeneralisedMean = errors.New("the phases of the journey train networks whose features are averages, and this " +
	"one pools by generalised means (" + effnet.PoolExponent + "): start from another one, or train it by fit")

// Load replaces the values of the weights that are named, and puts on or takes off the
// heads, so that one session, with what it has compiled, serves many runs.
func (s *Session) Load(values map[string][]float32) error {
	if effnet.Exponent(values) != 0 {
		return errGeneralisedMean
	}
	s.top = classify.Head{Features: s.config.Features(), Classes: len(values[classify.Bias])}
	s.project = siamese.Head{Features: s.config.Features(), Dim: len(values[siamese.Bias])}
	for _, v := range s.variables() {
		if err := v.Check(values[v.Name]); err != nil {
			return fmt.Errorf("the weight %w", err)
		}
		if err := s.set(v.Name, values[v.Name], v.Shape); err != nil {
			return err
		}
	}
	s.trainable, s.iterations = nil, 0
	s.thaw()
	return nil
}

// thaw drops what was built of layers with the weights as they were.
func (s *Session) thaw() {
	s.backboneFused.close()
	s.backboneFused, s.headFused = nil, nil
	if s.frozen != nil {
		s.frozen.close()
		s.frozen = nil
	}
}

// variables lists all weights of the network and the heads that are on it.
func (s *Session) variables() []effnet.Variable {
	vs := s.config.Variables()
	if s.top.Classes > 0 {
		vs = append(vs, s.top.Variables()...)
	}
	if s.project.Dim > 0 {
		vs = append(vs, s.project.Variables()...)
	}
	return vs
}

// set gives a variable a value and makes it if there is none of that shape. Programs
// that were compiled for another shape are dropped.
func (s *Session) set(name string, data []float32, shape []int) error {
	value := tensors.FromFlatDataAndDimensions(data, shape...)
	path := "/" + name
	if v := s.store.GetVariable(path); v != nil {
		if slices.Equal(v.Shape().Dimensions, shape) {
			return v.SetValue(value)
		}
		if err := s.store.DeleteVariable(path); err != nil {
			return err
		}
		s.forget()
	}
	_, err := s.store.CreateVariable(path, value)
	return err
}

// forget drops all compiled programs.
func (s *Session) forget() {
	for _, exec := range s.programs {
		exec.exec.Finalize()
	}
	clear(s.programs)
}

// Close frees what the device holds.
func (s *Session) Close() {
	s.thaw()
	s.forget()
	s.store.Finalize()
}

// Values copies all weights from the device.
func (s *Session) Values() (map[string][]float32, error) {
	values := map[string][]float32{}
	for _, v := range s.variables() {
		data, err := s.get(v.Name)
		if err != nil {
			return nil, err
		}
		values[v.Name] = data
	}
	return values, nil
}

// value is a variable's.
func (s *Session) value(name string) (*tensors.Tensor, error) {
	v := s.store.GetVariable("/" + name)
	if v == nil {
		return nil, fmt.Errorf("there is no weight %s", name)
	}
	value, err := v.Value()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return value, nil
}

// get copies a variable's values from the device.
func (s *Session) get(name string) ([]float32, error) {
	value, err := s.value(name)
	if err != nil {
		return nil, err
	}
	values, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return values, nil
}

// Begin starts a phase with a new optimizer. Inputs of its steps enter at input, which
// is one of [FromImages] and the phase's own [Phase.CachedInput].
func (s *Session) Begin(p Phase, input Input) error {
	if err := p.Validate(); err != nil {
		return err
	}
	switch {
	case input != FromImages && input != p.CachedInput():
		return fmt.Errorf("a phase that trains %s cannot start from the %s", p.Trains, input)
	case p.Siamese() && input != FromFeatures:
		return errors.New("the Siamese head trains on features; compute them first")
	case p.Siamese() && s.project.Dim == 0:
		return errors.New("there is no Siamese head to train; load its first weights")
	case !p.Siamese() && s.top.Classes < 2:
		return fmt.Errorf("a classifier of %d classes cannot train; two are needed", s.top.Classes)
	}
	if !p.Siamese() {
		if err := s.devices.divide("batch", p.Batch); err != nil {
			return err
		}
	}
	s.thaw()
	s.phase, s.input, s.iterations = p, input, 0
	s.trainable = p.Trainable(s.config)
	for _, h := range s.held() {
		for _, slot := range moments(h.name) {
			if err := s.set(slot, make([]float32, h.size()), h.dims); err != nil {
				return err
			}
		}
	}
	return nil
}

// Trainable lists the weights that the phase trains.
func (s *Session) Trainable() []string { return slices.Clone(s.trainable) }

// ofBackbone and ofHead are the two parts of what a classifier's phase trains.
func (s *Session) ofBackbone() []string { return s.trainable[:len(s.trainable)-headWeights] }
func (s *Session) ofHead() []string     { return s.trainable[len(s.trainable)-headWeights:] }

// held says where the moments are of all that the phase trains.
func (s *Session) held() []held {
	if s.phase.Siamese() {
		return s.hold(s.trainable)
	}
	return append(s.hold(s.ofBackbone()), s.hold(s.ofHead())...)
}

// Optimizer copies the optimizer's state: the steps taken and its moments by name.
func (s *Session) Optimizer() (iterations int, state map[string][]float32, err error) {
	state = map[string][]float32{}
	for _, h := range s.held() {
		for i, slot := range moments(h.name) {
			all, err := s.get(slot)
			if err != nil {
				return 0, nil, err
			}
			for j, name := range h.weights {
				n := h.sizes[j]
				state[moments(name)[i]], all = all[:n:n], all[n:]
			}
		}
	}
	return s.iterations, state, nil
}

// Restore sets the optimizer's state after [Session.Begin].
func (s *Session) Restore(iterations int, state map[string][]float32) error {
	for _, h := range s.held() {
		for i, slot := range moments(h.name) {
			var all []float32
			for j, name := range h.weights {
				part := state[moments(name)[i]]
				if len(part) != h.sizes[j] {
					return fmt.Errorf("the optimizer's state lacks %s", moments(name)[i])
				}
				all = append(all, part...)
			}
			if err := s.set(slot, all, h.dims); err != nil {
				return err
			}
		}
	}
	if extra := len(state) - 2*len(s.trainable); extra > 0 {
		return fmt.Errorf("the optimizer's state is of another phase: %d moments are not used (%s, ...)", extra,
			slices.Sorted(maps.Keys(state))[0])
	}
	s.iterations = iterations
	return nil
}

// Step is the report of a batch. Sums are over its rows, so that steps can be added up.
type Step struct {
	Rows    int
	LossSum float64 // of rows; the mean is LossSum / Rows
	Correct float64 // rows whose class was predicted
	Pairs   float64 // of an anchor and a positive with a negative; 0 for a classifier
	Active  float64 // those that cost something
	// PositiveSum and NegativeSum are the sums of the pairs' distances and of those to their negatives.
	PositiveSum, NegativeSum float64
}

// Add adds another step's sums.
func (a *Step) Add(b Step) {
	a.Rows += b.Rows
	a.LossSum += b.LossSum
	a.Correct += b.Correct
	a.Pairs += b.Pairs
	a.Active += b.Active
	a.PositiveSum += b.PositiveSum
	a.NegativeSum += b.NegativeSum
}

// Loss is the mean loss.
func (a Step) Loss() float64 { return ratio(a.LossSum, float64(a.Rows)) }

// Accuracy is the share of rows whose class was predicted.
func (a Step) Accuracy() float64 { return ratio(a.Correct, float64(a.Rows)) }

// ActiveShare is the share of triplets that cost something.
func (a Step) ActiveShare() float64 { return ratio(a.Active, a.Pairs) }

// MeanPositive is the mean distance of a photo's views.
func (a Step) MeanPositive() float64 { return ratio(a.PositiveSum, a.Pairs) }

// MeanNegative is the mean distance to the negatives that were chosen.
func (a Step) MeanNegative() float64 { return ratio(a.NegativeSum, a.Pairs) }

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
