package backend

import (
	"context"

	"github.com/gomlx/compute"
)

// Options say which backend is wanted and where its library is. The zero value takes the
// best that can be had and installs what it lacks. Nothing is read from the environment
// here (what GoMLX and go-xla read of it by themselves: docs/trust.md).
type Options struct {
	// Name is the backend: "xla:cpu", "xla:cuda", "xla:tpu", "onnxruntime:cpu" or "go",
	// with GoMLX's options behind it; "": the best for the use. One that is named is wanted for
	// itself: [Info].Named says so to whoever chooses an engine (package engine).
	Name string
	// ONNXRuntime is the file of ONNX Runtime's library; "": an installed one, or one that
	// is installed.
	ONNXRuntime string
	// NoInstall leaves GoMLX's installers alone; libraries from Python packages are still
	// installed.
	NoInstall bool
	// KeepMemory makes glibc's malloc keep what was freed, for the whole process: half of
	// a training step's time on XLA's CPU client.
	KeepMemory bool
}

// Usual are the options that [Open], [OpenNamed] and [Choose] take. They are for the
// program that owns the process, which sets them before it starts a backend; a library
// passes its own by [Options.Open].
var Usual Options

// Open finds or installs a backend for the use and starts it. Log receives a line for
// everything that is installed or could not be.
func (o Options) Open(ctx context.Context, use Use, log func(string)) (compute.Backend, Info, error) {
	info, err := o.Choose(ctx, use, log)
	if err != nil {
		return nil, info, err
	}
	return o.launch(info)
}

// Open is [Options.Open] with the usual ones.
func Open(ctx context.Context, use Use, log func(string)) (compute.Backend, Info, error) {
	return Usual.Open(ctx, use, log)
}

// OpenNamed is [Open] for the backend of a name.
func OpenNamed(ctx context.Context, name string, log func(string)) (compute.Backend, Info, error) {
	o := Usual
	o.Name = name
	return o.Open(ctx, Training, log)
}

// Choose is [Options.Choose] with the usual ones.
func Choose(ctx context.Context, use Use, log func(string)) (Info, error) {
	return Usual.Choose(ctx, use, log)
}
