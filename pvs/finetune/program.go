package finetune

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
)

// compiled is a program, and the variables whose new values follow what it reports. GoMLX gives a program that
// sets variables their only copies, and if it fails then they are gone; these output new values beside the old
// ones, which a step that ends well puts in their place.
type compiled struct {
	exec    *model.Exec
	changes []string
}

// change is a variable's new value, in the graph that is being built.
type change struct {
	name string
	to   *graph.Node
}

// change says what becomes of a variable.
func (s *Session) change(name string, to *graph.Node) {
	s.changes = append(s.changes, change{name, to})
}

// program returns a compiled program of the phase, or builds it.
func (s *Session) program(kind string, build func(scope *model.Scope,
	in []*graph.Node) []*graph.Node) (*compiled, error) {
	key := program{kind: kind, input: s.input, classes: s.top.Classes}
	if kind != "evaluate" || s.phase.Siamese() {
		key.trains, key.batchNorm = s.phase.Trains, s.phase.BatchNorm
	}
	if s.phase.Siamese() {
		key.margin, key.metric = s.phase.Margin, s.phase.Metric
	}
	if exec, ok := s.programs[key]; ok {
		return exec, nil
	}
	c := &compiled{}
	exec, err := model.NewExec(s.engine.Backend, s.store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		s.changes = nil
		nodes := build(scope, in)
		c.changes = nil
		for _, to := range s.changes {
			c.changes, nodes = append(c.changes, to.name), append(nodes, to.to)
		}
		return nodes
	})
	if err != nil {
		return nil, fmt.Errorf("building the training of %s: %w", s.config.Title, err)
	}
	if s.devices != nil && !s.phase.Siamese() {
		s.devices.share(exec)
	}
	c.exec = exec
	s.programs[key] = c
	return c, nil
}

// run executes and copies what a program reports, keeps variables' new values until [Session.commit] or
// [Session.discard], and frees what it was given.
func (s *Session) run(p *compiled, args ...argument) ([][]float32, error) {
	on := p.exec.NumDevices()
	given := make([]any, len(args))
	shardings := make([]*distributed.ShardingSpec, len(args))
	defer func() {
		for _, v := range given {
			if v, ok := v.(value); ok {
				_ = v.FinalizeAll()
			}
		}
	}()
	for i, a := range args {
		v, sharding, err := s.devices.shard(a, on)
		if err != nil {
			return nil, err
		}
		given[i], shardings[i] = v, sharding
	}
	if on > 1 {
		p.exec.WithInputShardingSpecs(shardings...)
	}
	out, err := p.exec.Exec(given...)
	if err != nil {
		return nil, s.explain(err)
	}
	each := len(out) / on
	reports := each - len(p.changes)
	for i, name := range p.changes {
		shards := make([]*tensors.Tensor, on)
		for d := range shards {
			shards[d] = out[d*each+reports+i]
		}
		s.staged = append(s.staged, staged{name, shards})
	}
	values := make([][]float32, reports)
	for i, o := range out {
		if i%each >= reports {
			continue
		}
		if i < reports { // all devices output the same
			if values[i], err = tensors.CopyFlatData[float32](o); err != nil {
				return nil, err
			}
		}
		if err := o.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// staged is a variable's new value, on each device.
type staged struct {
	name   string
	shards []*tensors.Tensor
}

// commit makes new values the variables', of those that which says.
func (s *Session) commit(which func(name string) bool) error {
	var rest []staged
	for _, v := range s.staged {
		if !which(v.name) {
			rest = append(rest, v)
			continue
		}
		variable := s.store.GetVariable("/" + v.name)
		if len(v.shards) == 1 {
			if err := variable.SetValue(v.shards[0]); err != nil {
				return err
			}
			continue
		}
		all, err := dtensor.NewTensor(s.devices.copied, v.shards)
		if err != nil {
			return err
		}
		if err := variable.SetDistributedValue(all); err != nil {
			return err
		}
	}
	s.staged = rest
	return nil
}

// discard frees new values that nothing becomes of.
func (s *Session) discard() {
	for _, v := range s.staged {
		for _, shard := range v.shards {
			_ = shard.FinalizeAll()
		}
	}
	s.staged = nil
}

// finish makes the new values of a step the variables'; with an error, or a loss that is NaN, they stay as
// they are, and the step is not counted. Such a loss is in the step, for whoever watches it.
func (s *Session) finish(step Step, err error) (Step, error) {
	defer s.discard()
	if loss := step.LossSum; err == nil && (math.IsNaN(loss) || math.IsInf(loss, 0)) {
		err = classify.ErrLoss
	}
	if err == nil {
		err = s.commit(func(string) bool { return true })
	}
	if err == nil {
		s.iterations++
	}
	return step, err
}

// ErrMemory says that a batch needs more memory than the device has, for [errors.Is].
var ErrMemory = errors.New("does not fit in the device's memory")

// explain names the way out of a full memory.
func (s *Session) explain(err error) error {
	if text := strings.ToLower(err.Error()); strings.Contains(text, "resource_exhausted") || strings.Contains(text,
		"out of memory") {
		return fmt.Errorf("a batch of %d %w: split it into micro-batches (%w)", s.phase.Batch, ErrMemory, err)
	}
	return fmt.Errorf("training %s: %w", s.phase.Trains, err)
}
