package finetune

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/engine"
)

// plan is how a run's steps are computed as far as it changes what comes out: sums in their last
// digits, and statistics of micro-batches. It is part of the checkpoint: a run resumes as it
// began, on any machine, or not at all. (Precision is one of the settings.)
type plan struct {
	MicroBatch int    `json:"micro_batch"`         // images that train at once; 0: the batch
	Devices    int    `json:"devices"`             // that take a step in parallel
	Engine     string `json:"engine"`              // what computes the layers that train
	Frozen     string `json:"frozen,omitempty"`    // and those before them; "": all train
	Parts      int    `json:"parts,omitempty"`     // fused CPU kernels: into which a batch is cut, each with its sums
	Processor  string `json:"processor,omitempty"` // fused CPU kernels: see [engine.Engine.Processor]
}

// ErrAnotherWay says that a run would resume with other sums than it began with, for [errors.Is];
// see [Trainer].AnotherWay.
var ErrAnotherWay = errors.New("goes on only as it began")

// choosePlan settles how the run's steps are computed: as they were where there are some, else as
// was asked for and fits here.
func (r *run) choosePlan() error {
	was := r.check.Plan
	if r.check.Steps == 0 {
		was = nil // nothing was computed yet
	}
	var err error
	if r.plan, err = r.planHere(was); err != nil {
		return err
	}
	if r.check.Steps > 0 && was == nil {
		r.once(fmt.Sprintf("the checkpoint in %s is of an older pvs and does not say how its steps were computed: if it "+
			"was elsewhere or otherwise, sums differ in rounding from here on", r.dir))
	}
	if was != nil && r.plan != *was {
		d := was.against(r.plan)
		if !r.AnotherWay {
			return fmt.Errorf("%s %w: %s. Go on as before, or name another folder", r.dir, ErrAnotherWay, d)
		}
		r.Log(fmt.Sprintf("run %s goes on otherwise than it began, as was asked for: %s", r.settings.Name, d))
	}
	r.check.Plan = &r.plan
	return nil
}

// planHere is how steps are computed on this machine, as near to how they were as it can be.
func (r *run) planHere(was *plan) (plan, error) {
	p := r.settings.Phase
	asked := r.Devices
	if was != nil && asked == 0 {
		asked = was.Devices
	}
	micro := r.MicroBatch
	if was != nil && micro == 0 {
		micro = was.MicroBatch
	}
	var w plan
	var err error
	if w.Devices, err = r.devicesFor(asked, r.micro(micro)); err != nil {
		return w, err
	}
	r.training, err = r.Training.Again(func(q *engine.Request) {
		q.Training, q.Siamese, q.Devices = true, p.Siamese(), w.Devices
		if was != nil && !r.AnotherWay {
			q.Before = was.Engine
		}
	})
	if err != nil {
		return w, err
	}
	w.Engine, w.Parts, w.Processor = r.training.String(), r.training.Parts(), r.training.Processor()
	if p.CachedInput() != FromImages {
		w.Frozen = r.Inference.String()
		w.Processor = cmp.Or(w.Processor, r.Inference.Processor())
	}
	if w.Parts > 0 && was != nil && was.Parts > 0 {
		w.Parts = was.Parts
	}
	if micro == 0 && was == nil && onHost(r.Training.Backend) {
		micro = fits(r.bytesPerImage(), p.Batch, w.Devices, availableMemory())
	}
	w.MicroBatch = r.micro(micro)
	return w, nil
}

// bytesPerImage is what the run's engine saves for backward of one image.
func (r *run) bytesPerImage() int64 {
	if r.training.Kind == engine.FusedCPU {
		return savedBytes(r.Config, r.settings.Size, r.settings.Phase)
	}
	return imageBytes(r.Config, r.settings.Size)
}

// against says in what another plan differs.
func (w plan) against(here plan) string {
	var differ []string
	add := func(differs bool, format string, args ...any) {
		if differs {
			differ = append(differ, fmt.Sprintf(format, args...))
		}
	}
	split := func(size int) string {
		if size == 0 {
			return "whole batches"
		}
		return fmt.Sprintf("micro-batches of %d", size)
	}
	add(w.MicroBatch != here.MicroBatch, "it trained in %s, and here it would in %s", split(w.MicroBatch),
		split(here.MicroBatch))
	add(w.Devices != here.Devices, "it trained on %d devices, and here it would on %d", w.Devices, here.Devices)
	add(w.Engine != here.Engine, "its layers trained on %s, and here they would on %s", w.Engine, here.Engine)
	add(w.Frozen != here.Frozen, "its frozen layers ran on %s, and here they would on %s", w.Frozen, here.Frozen)
	add(w.Processor != here.Processor && w.Engine == here.Engine && w.Frozen == here.Frozen,
		"its kernels ran on a processor with %s, and here on one with %s", w.Processor, here.Processor)
	add(w.Parts != here.Parts && w.Engine == here.Engine, "it cut batches into %d parts, and here into %d", w.Parts,
		here.Parts)
	return strings.Join(differ, "; ")
}
