package finetune

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// way is how a run's steps are computed as far as it changes what comes out: sums in their last
// digits, and statistics of micro-batches. It is part of the checkpoint: a run goes on in the way
// in which it began, on any machine, or not at all. (Precision is one of the settings.)
type way struct {
	MicroBatch int    `json:"micro_batch"`         // images that train at once; 0: the batch
	Devices    int    `json:"devices"`             // that take a step together
	Engine     string `json:"engine"`              // what computes the layers that train
	Frozen     string `json:"frozen,omitempty"`    // and those before them; "": all train
	Parts      int    `json:"parts,omitempty"`     // own kernels: into which a batch is cut, each with its sums
	Processor  string `json:"processor,omitempty"` // own kernels: see [cpu.Processor]
}

// ownEngine is the network's own kernels as an engine.
const ownEngine = "own kernels"

// engineOf names what computes on a backend: own kernels or a graph there.
func engineOf(b compute.Backend, own bool) string {
	switch xla, ok := b.(interface{ IsCPU() bool }); {
	case own:
		return ownEngine
	case ok && xla.IsCPU():
		return b.Name() + ":cpu"
	case ok && b.Name() == "xla":
		return b.Name() + ", " + b.DeviceDescription(0)
	}
	return b.Name()
}

// chooseWay settles how the run's steps are computed: as they were where there are some, else as
// was asked for and fits here.
func (r *run) chooseWay() error {
	was := r.check.Way
	if r.check.Steps == 0 {
		was = nil // nothing was computed yet
	}
	var err error
	if r.way, err = r.wayHere(was); err != nil {
		return err
	}
	if r.check.Steps > 0 && was == nil {
		r.once(fmt.Sprintf("the checkpoint in %s is of an older pvs and does not say how its steps were computed: if it was elsewhere or otherwise, sums differ in rounding from here on", r.dir))
	}
	if was != nil && r.way != *was {
		d := was.against(r.way)
		if !r.AnotherWay {
			return fmt.Errorf("%s goes on only in the way in which it began: %s. Go on as before, name another folder, or give --another-way to go on all the same, with other rounding", r.dir, d)
		}
		r.Log(fmt.Sprintf("run %s goes on in another way than it began, as was asked for: %s", r.settings.Name, d))
	}
	r.check.Way = &r.way
	return nil
}

// wayHere is how steps are computed on this machine, as near to how they were as it can be.
func (r *run) wayHere(was *way) (way, error) {
	p, precision := r.settings.Phase, r.settings.Precision
	asked := r.Devices
	if was != nil && asked == 0 {
		asked = was.Devices
	}
	micro := r.MicroBatch
	if was != nil && micro == 0 {
		micro = was.MicroBatch
	}
	var w way
	var err error
	if w.Devices, err = r.devicesFor(asked, r.micro(micro)); err != nil {
		return w, err
	}
	own := kernelsTrain(r.Training, precision, w.Devices, p)
	if own && was != nil && was.Engine == engineOf(r.Training, false) && !r.AnotherWay {
		own = false // a graph on this backend it can be here, too
	}
	w.Engine = engineOf(r.Training, own)
	if p.CachedInput() != FromImages {
		w.Frozen = engineOf(r.Inference, cpu.Preferred(r.Inference, precision.On(r.Inference)))
	}
	if own {
		w.Parts = runtime.GOMAXPROCS(0)
		if was != nil && was.Parts > 0 {
			w.Parts = was.Parts
		}
	}
	if own || w.Frozen == ownEngine {
		w.Processor = cpu.Processor()
	}
	if micro == 0 && was == nil && onHost(r.Training) {
		micro = fits(r.bytesOf(own), p.Batch, w.Devices, availableMemory())
	}
	w.MicroBatch = r.micro(micro)
	return w, nil
}

// bytesOf is what training on one image keeps in memory.
func (r *run) bytesOf(own bool) int64 {
	if own {
		return keptBytes(r.Config, r.settings.Size, r.settings.Phase)
	}
	return imageBytes(r.Config, r.settings.Size)
}

// against says in what another way differs.
func (w way) against(here way) string {
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
	add(w.MicroBatch != here.MicroBatch, "it trained in %s, and here it would in %s", split(w.MicroBatch), split(here.MicroBatch))
	add(w.Devices != here.Devices, "it trained on %d devices, and here it would on %d", w.Devices, here.Devices)
	add(w.Engine != here.Engine, "its layers trained on %s, and here they would on %s", w.Engine, here.Engine)
	add(w.Frozen != here.Frozen, "its frozen layers ran on %s, and here they would on %s", w.Frozen, here.Frozen)
	add(w.Processor != here.Processor && w.Engine == here.Engine && w.Frozen == here.Frozen, "its kernels ran on a processor with %s, and here on one with %s", w.Processor, here.Processor)
	add(w.Parts != here.Parts && w.Engine == here.Engine, "it cut batches into %d parts, and here into %d", w.Parts, here.Parts)
	return strings.Join(differ, "; ")
}
