package backend

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute-onnx"      // registers "onnxruntime"
	_ "github.com/gomlx/compute/gobackend" // registers "go"
	"github.com/gomlx/go-xla/compute/xla"
)

// Use says what a backend is wanted for.
type Use int

const (
	// Training needs gradients: XLA, or the pure-Go backend.
	Training Use = iota
	// Inference needs the forward pass only: ONNX Runtime on a CPU.
	Inference
)

// Info describes a chosen backend to people and in JSON.
type Info struct {
	// "xla:cpu", "xla:cuda", "xla:tpu", "onnxruntime:cpu", "go", or what [Options].Name says
	Name   string `json:"name"`
	Plugin string `json:"plugin,omitempty"` // the library's file; empty for the pure-Go backend
	Why    string `json:"why"`              // one clause: why this one
	Named  bool   `json:"-"`                // the caller named it ([Options].Name)
}

// String is one line for people.
func (i Info) String() string {
	if i.Plugin == "" {
		return fmt.Sprintf("%s (%s)", i.Name, i.Why)
	}
	return fmt.Sprintf("%s (%s; %s)", i.Name, i.Why, i.Plugin)
}

// slowGo is measured: EfficientNet-B0 at 224 pixels, 3 images/s against 95 on XLA
// and 247 on ONNX Runtime (docs/benchmarks.md).
const slowGo = "nothing faster could be had: expect a thirtieth of XLA's speed and an eightieth of ONNX Runtime's"

// What keeps a backend from being had, for [errors.Is].
var (
	ErrStart   = errors.New("could not be started")
	ErrLibrary = errors.New("is not where it was said to be")
)

// launch starts what was chosen.
func (o Options) launch(info Info) (backend compute.Backend, _ Info, err error) {
	if o.KeepMemory {
		keepMemory()
	}
	xla.EnableAutoInstall(false) // Choose has seen to it
	config := info.Name
	if strings.HasPrefix(info.Name, "xla:") && info.Plugin != "" {
		config = "xla:" + info.Plugin
		if _, options, found := strings.Cut(info.Name, ","); found {
			config += "," + options
		}
	}
	if strings.HasPrefix(info.Name, "onnx") && info.Plugin != "" {
		backend, err = startWith(info.Plugin, config)
	} else {
		backend, err = start(config)
	}
	if err != nil {
		return nil, info, fmt.Errorf("the backend %s %w (%w): name another; go always works", info, ErrStart, err)
	}
	return backend, info, nil
}

// start turns a plugin's panic into an error.
func start(config string) (backend compute.Backend, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return compute.NewWithConfig(config)
}

// Choose finds or installs a backend for the use without starting it.
func (o Options) Choose(ctx context.Context, use Use, log func(string)) (Info, error) {
	if o.Name != "" {
		return o.named(ctx, log)
	}
	if info, ok := accelerator(log); ok {
		return info, nil
	}
	if use == Inference {
		library, err := o.onnxLibrary(ctx, log)
		if err == nil {
			return Info{Name: "onnxruntime:cpu", Plugin: library, Why: "the fastest for inference on a CPU"}, nil
		}
		if ctx.Err() != nil {
			return Info{}, ctx.Err()
		}
		log(fmt.Sprintf("no ONNX Runtime, so inference goes through XLA at less than half the speed: %v", err))
	}
	plugin, err := o.xlaCPUPlugin(ctx, log)
	if err == nil {
		return Info{Name: "xla:cpu", Plugin: plugin, Why: "no GPU or TPU here"}, nil
	}
	if ctx.Err() != nil {
		return Info{}, ctx.Err()
	}
	log(fmt.Sprintf("no XLA, so GoMLX's pure-Go backend is used: %v", err))
	return Info{Name: "go", Why: slowGo}, nil
}

// named takes the caller's word; it only finds or installs the library that the name needs.
func (o Options) named(ctx context.Context, log func(string)) (Info, error) {
	info := Info{Name: o.Name, Why: "named by the user", Named: true}
	kind, config, _ := strings.Cut(o.Name, ":")
	device, _, _ := strings.Cut(config, ",")
	var err error
	switch {
	case kind == "xla" && device == "cpu":
		info.Plugin, err = o.xlaCPUPlugin(ctx, log)
	case (kind == "onnx" || kind == "onnxruntime") && (device == "" || device == "cpu"):
		info.Plugin, err = o.onnxLibrary(ctx, log)
	}
	if err != nil {
		return info, fmt.Errorf("the library of the backend %s cannot be had: %w", o.Name, err)
	}
	return info, nil
}
