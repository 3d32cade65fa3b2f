package finetune

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// fusedBackbone is the backbone from the first layer on that trains in the fused CPU kernels.
// The weights stay with the session. BatchNorms in training mode see a part's statistics.
type fusedBackbone struct {
	s         *Session
	training  *cpu.Training
	inference *cpu.Network         // with BatchNorms in training mode; nil: not built with these values
	sums      map[string][]float32 // of what moving statistics take from the batch
	at        int                  // the first row of the part that went forward last
}

// fused says whether a classifier's step from the input runs in the fused CPU kernels: they train
// from the first layer on that trains, so that frozen layers run separately.
func (s *Session) fused() bool {
	return s.engine.Kind == engine.FusedCPU && s.input == s.phase.CachedInput()
}

// loadBackbone returns the phase's, built with the weights as they are where there is none.
func (s *Session) loadBackbone(values inMemory) (*fusedBackbone, error) {
	if s.backboneFused != nil {
		return s.backboneFused, nil
	}
	opts := cpu.TrainingOptions{Norms: s.phase.BatchNorm, Weights: s.ofBackbone(), Parts: s.opts.Parts}
	if s.input == FromBlock {
		opts.From = lastStage
	}
	t, err := cpu.NewTraining(s.config, s.opts.Size, opts)
	if err != nil {
		return nil, err
	}
	if err := t.Load(values); err != nil {
		t.Close()
		return nil, err
	}
	s.backboneFused = &fusedBackbone{s: s, training: t, sums: map[string][]float32{}}
	return s.backboneFused, nil
}

// close frees what is outside of Go's memory.
func (k *fusedBackbone) close() {
	if k != nil {
		k.training.Close()
		k.forget()
	}
}

// forget drops the network for inference, whose weights are of before a step.
func (k *fusedBackbone) forget() {
	if k.inference != nil {
		k.inference.Close()
		k.inference = nil
	}
}

func (k *fusedBackbone) features(p part, to []float32) error {
	config := k.s.config
	var factors []float32
	if k.s.opts.DropConnect > 0 {
		factors = config.BranchFactors(p.counting(p.path), k.s.opts.DropConnect)
	}
	k.at = p.from
	return k.training.Forward(p.counting(p.x), factors, to)
}

// counting is what some values have of the rows that count.
func (p part) counting(values []float32) []float32 {
	return values[:len(values)/p.dims[0]*p.counted]
}

// infer computes the features as they are in inference.
func (k *fusedBackbone) infer(values inMemory, p part) ([]float32, error) {
	out := make([]float32, p.dims[0]*k.s.config.Features())
	if !k.s.phase.BatchNorm {
		return out, k.training.Forward(p.x, nil, out)
	}
	if k.inference == nil {
		n, err := cpu.New(k.s.config, values, k.s.opts.Size, effnet.Float32)
		if err != nil {
			return nil, err
		}
		k.inference = n
	}
	return out, k.inference.Run(p.x, cpu.Options{}, out)
}

func (k *fusedBackbone) backward(p part, gradients []float32, share float32) error {
	if k.at != p.from {
		if err := k.features(p, make([]float32, len(gradients))); err != nil {
			return err
		}
	}
	if err := k.training.Backward(gradients); err != nil {
		return err
	}
	for name, statistic := range k.training.Statistics() {
		if k.sums[name] == nil {
			k.sums[name] = make([]float32, len(statistic))
		}
		for i, v := range statistic {
			k.sums[name][i] += v * share
		}
	}
	return nil
}

// discard drops what a step that failed has added up.
func (k *fusedBackbone) discard() {
	k.training.Discard()
	clear(k.sums)
}

// fusedStep is the backbone for one step, which has the variables' values.
type fusedStep struct {
	*fusedBackbone
	values inMemory
}

func (k fusedStep) head(whole part) (Step, []float32, error) {
	return k.s.trainHeadFused(k.values, whole)
}

func (k fusedStep) apply() error {
	s := k.s
	if err := k.training.Step(s.adam(), s.trained(k.values, s.ofBackbone())); err != nil {
		return err
	}
	for name, sum := range k.sums {
		k.values.move(name, sum)
	}
	clear(k.sums)
	k.forget()
	return k.training.Load(k.values)
}

// stepFused is a step whose backbone and head run in the fused CPU kernels. All variables are at hand before anything
// is changed, and what changes them can be refused only by its lengths, before it begins: so a step that
// fails has changed nothing.
func (s *Session) stepFused(whole part) (step Step, err error) {
	head := append(names(s.top.Variables()), s.slots(s.ofHead())...)
	if s.input == FromFeatures {
		err = s.withInMemory(tensors.MutableFlatData[float32], head, func(values inMemory) error {
			step, _, err = s.trainHeadFused(values, whole)
			return err
		})
		return step, err
	}
	all := append(append(names(s.config.Variables()), s.slots(s.ofBackbone())...), head...)
	err = s.withInMemory(tensors.MutableFlatData[float32], all, func(values inMemory) error {
		b, err := s.loadBackbone(values)
		if err != nil {
			return err
		}
		step, err = s.stepOn(fusedStep{b, values}, whole)
		return err
	})
	return step, err
}
