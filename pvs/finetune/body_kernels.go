package finetune

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// bodyKernels is the backbone from the first layer on that trains in the network's own kernels.
// The weights stay on the backend, where Adam changes them.
type bodyKernels struct {
	s        *Session
	training *native.Training
	values   map[string][]float32 // as they are on the backend
	sums     map[string][]float32 // of gradients
	some     map[string][]float32 // a part's gradients, where there are several
	at       int                  // the first row of the part that went forward last
	added    bool                 // sums has a part's gradients
}

// kernelsTrain says whether the layers that a phase trains run in own kernels: on a CPU (see
// [native.Preferred]), with BatchNorms that are frozen.
func kernelsTrain(b compute.Backend, precision effnet.Precision, devices int, p Phase) bool {
	return (p.Trains == Full || p.Trains == FromBlock7a) && !p.BatchNorm && devices <= 1 && native.Preferred(b, precision)
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
	from := ""
	if s.input == FromBlock {
		from = lastStage
	}
	t, err := native.NewTraining(s.config, s.opts.Size, from)
	if err != nil {
		return nil, err
	}
	k := &bodyKernels{s: s, training: t, sums: map[string][]float32{}, some: map[string][]float32{}}
	if k.values, err = s.Values(); err != nil {
		return nil, err
	}
	s.kernels = k
	return k, t.Load(k.values)
}

func (k *bodyKernels) features(p part) ([]float32, error) {
	var factors []float32
	if k.s.opts.DropConnect > 0 && p.path != nil {
		factors = k.s.config.BranchFactors(p.path, k.s.opts.DropConnect)
	}
	k.at = p.from
	out := make([]float32, p.dims[0]*k.s.config.Features())
	return out, k.training.Forward(p.x, factors, out)
}

func (k *bodyKernels) back(p part, slopes []float32, _ float32) error {
	if k.at != p.from {
		if _, err := k.features(p); err != nil {
			return err
		}
	}
	if !k.added {
		k.added = true
		return k.training.Backward(slopes, k.sums)
	}
	if err := k.training.Backward(slopes, k.some); err != nil {
		return err
	}
	for name, sum := range k.sums {
		for i, v := range k.some[name] {
			sum[i] += v
		}
	}
	return nil
}

func (k *bodyKernels) apply() error {
	s := k.s
	k.added = false
	names := s.ofBackbone()
	exec, err := s.program("apply gradients", func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		s.update(names, in[1:], in[0])
		return in[:1]
	})
	if err != nil {
		return err
	}
	args := []argument{scalar(s.rate())}
	for _, name := range names {
		sum := k.sums[name]
		if sum == nil {
			return fmt.Errorf("own kernels have no gradient of %s", name)
		}
		args = append(args, perRow(sum, s.store.GetVariable("/"+name).Shape().Dimensions...))
	}
	if _, err := s.run(exec, args...); err != nil {
		return err
	}
	for _, name := range names {
		if err := s.read(name, k.values[name]); err != nil {
			return err
		}
	}
	return k.training.Load(k.values)
}
