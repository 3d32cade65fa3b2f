package backend

import (
	"context"
	"fmt"
	"os"
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
	Name   string `json:"name"`             // "xla:cpu", "xla:cuda", "xla:tpu", "onnxruntime:cpu", "go", or what GOMLX_BACKEND says
	Plugin string `json:"plugin,omitempty"` // the library's file; empty for the pure-Go backend
	Why    string `json:"why"`              // one clause: why this one
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

// Open finds or installs a backend for the use and starts it. Log receives a line
// for everything that is installed or could not be.
func Open(ctx context.Context, use Use, log func(string)) (compute.Backend, Info, error) {
	info, err := Choose(ctx, use, log)
	if err != nil {
		return nil, info, err
	}
	return launch(info)
}

// OpenNamed is [Open] for the backend of a name, as GOMLX_BACKEND would give it.
func OpenNamed(ctx context.Context, name string, log func(string)) (compute.Backend, Info, error) {
	info, err := chooseNamed(ctx, name, log)
	if err != nil {
		return nil, info, err
	}
	return launch(info)
}

// launch starts what was chosen.
func launch(info Info) (compute.Backend, Info, error) {
	xla.EnableAutoInstall(false) // Choose has seen to it
	config := info.Name
	switch {
	case strings.HasPrefix(info.Name, "xla:") && info.Plugin != "":
		config = "xla:" + info.Plugin
		if _, options, found := strings.Cut(info.Name, ","); found {
			config += "," + options
		}
	case strings.HasPrefix(info.Name, "onnx") && info.Plugin != "":
		if err := os.Setenv(onnxLibraryEnv, info.Plugin); err != nil {
			return nil, info, err
		}
	}
	backend, err := start(config)
	if err != nil {
		return nil, info, fmt.Errorf("starting the backend %s: %w; name another by GOMLX_BACKEND (go always works)", info, err)
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
func Choose(ctx context.Context, use Use, log func(string)) (Info, error) {
	if named := os.Getenv("GOMLX_BACKEND"); named != "" {
		return chooseNamed(ctx, named, log)
	}
	if info, ok := accelerator(log); ok {
		return info, nil
	}
	if use == Inference {
		library, err := onnxLibrary(ctx, log)
		if err == nil {
			return Info{Name: "onnxruntime:cpu", Plugin: library, Why: "the fastest for inference on a CPU"}, nil
		}
		if ctx.Err() != nil {
			return Info{}, ctx.Err()
		}
		log(fmt.Sprintf("no ONNX Runtime, so inference goes through XLA at less than half the speed: %v", err))
	}
	plugin, err := xlaCPUPlugin(ctx, log)
	if err == nil {
		return Info{Name: "xla:cpu", Plugin: plugin, Why: "no GPU or TPU here"}, nil
	}
	if ctx.Err() != nil {
		return Info{}, ctx.Err()
	}
	log(fmt.Sprintf("no XLA, so GoMLX's pure-Go backend is used: %v", err))
	return Info{Name: "go", Why: slowGo}, nil
}

// chooseNamed takes the user's word; it only finds or installs the library that the name needs.
func chooseNamed(ctx context.Context, named string, log func(string)) (Info, error) {
	info := Info{Name: named, Why: "named by the user"}
	kind, config, _ := strings.Cut(named, ":")
	device, _, _ := strings.Cut(config, ",")
	var err error
	switch {
	case kind == "xla" && device == "cpu":
		info.Plugin, err = xlaCPUPlugin(ctx, log)
	case (kind == "onnx" || kind == "onnxruntime") && (device == "" || device == "cpu"):
		info.Plugin, err = onnxLibrary(ctx, log)
	}
	if err != nil {
		return info, fmt.Errorf("the library of the backend %s cannot be had: %w", named, err)
	}
	return info, nil
}
