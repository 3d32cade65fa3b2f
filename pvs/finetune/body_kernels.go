package finetune

import (
	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// bodyKernels is the backbone from the first layer on that trains in the network's own kernels.
// The weights stay with the session. BatchNorms that train see a part's statistics.
type bodyKernels struct {
	s         *Session
	training  *native.Training
	inference *native.Network      // with BatchNorms that train; nil: not built with these values
	sums      map[string][]float32 // of what moving statistics take from the batch
	at        int                  // the first row of the part that went forward last
}

// kernelsTrain says whether the layers that a phase trains run in own kernels: a classifier's and
// those of the backbone, on a CPU (see [native.Preferred]).
func kernelsTrain(b compute.Backend, precision effnet.Precision, devices int, p Phase) bool {
	return !p.Siamese() && devices <= 1 && native.Preferred(b, precision)
}

// owns says whether a step from the input runs in them, its frozen layers apart.
func (s *Session) owns() bool {
	return !s.opts.Graph && s.input == s.phase.CachedInput() && kernelsTrain(s.backend, s.opts.Precision, s.devices.count(), s.phase)
}

// bodyInKernels returns it with the weights as they are.
func (s *Session) bodyInKernels() (*bodyKernels, error) {
	if s.kernels != nil {
		return s.kernels, nil
	}
	opts := native.TrainingOptions{Norms: s.phase.BatchNorm, Weights: s.ofBackbone(), Parts: s.opts.Parts}
	if s.input == FromBlock {
		opts.From = lastStage
	}
	t, err := native.NewTraining(s.config, s.opts.Size, opts)
	if err != nil {
		return nil, err
	}
	k := &bodyKernels{s: s, training: t, sums: map[string][]float32{}}
	s.kernels = k
	return k, k.load()
}

func (k *bodyKernels) features(p part, to []float32) error {
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
func (k *bodyKernels) infer(p part) ([]float32, error) {
	out := make([]float32, p.dims[0]*k.s.config.Features())
	if !k.s.phase.BatchNorm {
		return out, k.training.Forward(p.x, nil, out)
	}
	if k.inference == nil {
		values, err := k.s.allInMemory(k.s.config.Variables())
		if err != nil {
			return nil, err
		}
		n, err := native.New(k.s.config, values, k.s.opts.Size, effnet.Float32)
		if err != nil {
			return nil, err
		}
		k.inference = n
	}
	return out, k.inference.Run(p.x, native.Options{}, out)
}

func (k *bodyKernels) back(p part, slopes []float32, share float32) error {
	if k.at != p.from {
		if err := k.features(p, make([]float32, len(slopes))); err != nil {
			return err
		}
	}
	if err := k.training.Backward(slopes); err != nil {
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

func (k *bodyKernels) apply() error {
	s := k.s
	weights, err := s.trainedInMemory(s.ofBackbone())
	if err != nil {
		return err
	}
	if err := k.training.Step(s.adam(), weights); err != nil {
		return err
	}
	for name, sum := range k.sums {
		if err := s.moveInMemory(name, sum); err != nil {
			return err
		}
	}
	clear(k.sums)
	k.inference = nil
	return k.load()
}

// load takes the weights as they are.
func (k *bodyKernels) load() error {
	values, err := k.s.allInMemory(k.s.config.Variables())
	if err != nil {
		return err
	}
	return k.training.Load(values)
}
