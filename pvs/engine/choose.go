package engine

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Wish is what a caller wants of the choice.
type Wish int

const (
	// AsGraph runs the network on the backend that is passed, whatever else could be had.
	AsGraph Wish = iota
	// Fastest takes the fastest engine of the backend's device: on a CPU the fused CPU kernels,
	// where they run.
	Fastest
	// Fused takes the fused CPU kernels, or is an error. A Siamese head is a graph all the same.
	Fused
)

// WishFor is the wish that goes with a backend of package backend: one that somebody named
// (backend.Info.Named) is taken; beside one that was found the fastest engine is.
func WishFor(named bool) Wish {
	if named {
		return AsGraph
	}
	return Fastest
}

// Request is what an engine is chosen for.
type Request struct {
	Backend   compute.Backend // must be there; heads run on it in any case
	Name      string          // of the backend, for people; "": its own name
	Wish      Wish
	Precision effnet.Precision // of the backbone
	// OrFloat32 takes float32 where the engine lacks the precision, instead of an error.
	OrFloat32 bool

	Training bool // gradients are needed
	Siamese  bool // a Siamese head trains, which is a graph
	// Devices is how many of the backend's devices take a training step in parallel, as a graph;
	// 0 or 1: one.
	Devices int
	// Before names the engine of an interrupted run's checkpoint ([Engine.String]). If that was the
	// graph on this backend, the graph is chosen again. "": no run is resumed.
	Before string
}

// What keeps an engine from being chosen, for [errors.Is]; effnet.ErrNoInt8 and its like, too.
var (
	ErrInferenceOnly = errors.New("is for inference: train in float32 or bfloat16")
	ErrNoFused       = errors.New("the fused CPU kernels do not compute it here")
	ErrDevices       = errors.New("take as many devices as there are and as divide a batch")
)

// Choose decides what computes a network, from the backend's device, the precision and the wish.
// Errors say which of them cannot be had.
func Choose(r Request) (Engine, error) {
	if r.Backend == nil {
		return Engine{}, errors.New("an engine needs a backend, and none was passed")
	}
	if r.Training && !r.Precision.Trains() {
		return Engine{}, fmt.Errorf("%s %w", r.Precision, ErrInferenceOnly)
	}
	if err := r.checkDevices(); err != nil {
		return Engine{}, err
	}
	kind, err := r.kind()
	if err != nil {
		if r.OrFloat32 && r.Precision != effnet.Float32 {
			r.Precision = effnet.Float32
			return Choose(r)
		}
		return Engine{}, err
	}
	r.Before = ""
	return Engine{Backend: r.Backend, Kind: kind, Precision: r.Precision, Devices: max(1, r.Devices),
		Formulation: effnet.FormulationFor(r.Backend), request: r}, nil
}

// Again chooses anew for a request that is changed a little, as for a run of several devices.
func (e Engine) Again(change func(*Request)) (Engine, error) {
	r := e.request
	r.Backend, r.Precision = e.Backend, e.Precision
	change(&r)
	return Choose(r)
}

// kind is what computes in the precision that is asked for.
func (r Request) kind() (Kind, error) {
	onGraph := r.Siamese || r.Devices > 1 // what trains so is a graph
	wanted := r.Wish == Fused || r.Wish == Fastest && effnet.OnCPU(r.Backend) && r.Before != nameOf(r.Backend)
	if wanted && !onGraph && cpu.Supports(r.Precision) {
		return FusedCPU, nil
	}
	if r.Wish == Fused && !r.Siamese {
		return 0, fmt.Errorf("%w, in %s on %d devices", ErrNoFused, r.Precision, max(1, r.Devices))
	}
	if err := r.Precision.Check(r.Backend); err != nil {
		return 0, err
	}
	if r.Precision == effnet.Int8 {
		return Int8, nil
	}
	return Graph, nil
}

// checkDevices refuses more devices than the backend has.
func (r Request) checkDevices() error {
	has := r.Backend.NumDevices()
	switch {
	case r.Devices < 0:
		return fmt.Errorf("%d devices cannot train: %w", r.Devices, ErrDevices)
	case r.Devices > 1 && r.Devices > has:
		return fmt.Errorf("%d devices are asked for, but the backend %s has %d: %w", r.Devices, r.Backend.Name(), has,
			ErrDevices)
	}
	return nil
}
