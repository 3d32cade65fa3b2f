package kernels

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// Config is what [Lab.Install] needs to know.
type Config struct {
	Checkout string                // whose packages a notebook outside of any checkout imports; see [Checkout]
	Env      map[string]string     // goes into the kernel's environment
	Log      func(string)          // gets a line for each thing that is begun
	Progress func(done, total int) // of JupyterLab's packages
}

// Install makes the lab whole and returns its parts. What is there in the right version
// is kept, so it is quick to repeat and goes on where it was interrupted. An installation
// of another process is waited for.
func (l Lab) Install(ctx context.Context, c Config) ([]Part, error) {
	release, err := fetch.Turn(ctx, l.Dir, c.Log)
	if err != nil {
		return nil, err
	}
	defer release()
	// The one waits for the network, the other for the compiler.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var jupyter Part
	var failed error
	var wait sync.WaitGroup
	wait.Go(func() {
		if jupyter, failed = l.installJupyter(ctx, c.Log, c.Progress); failed != nil {
			cancel()
		}
	})
	kernel, err := l.installKernel(ctx, c, l.data())
	if err != nil {
		cancel()
	}
	wait.Wait()
	// The one that fails ends the other: what went wrong is not that that was canceled.
	for _, e := range []error{failed, err} {
		if e != nil && !errors.Is(e, context.Canceled) {
			return nil, e
		}
	}
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	return append([]Part{jupyter}, kernel...), nil
}

// installKernel installs the kernel in Jupyter's data folder.
func (l Lab) installKernel(ctx context.Context, c Config, data string) ([]Part, error) {
	goPath, goVersion, err := goCommand(ctx, c.Checkout)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, t := range tools {
		part, err := l.installTool(ctx, goPath, goVersion, c.Checkout, t, c.Log)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if err := l.writeScript("go", goScript, goPath); err != nil {
		return nil, err
	}
	if err := l.writeScript(kernelName, kernelScript, filepath.Join(l.bin(), "gonb"), c.Checkout); err != nil {
		return nil, err
	}
	if err := warm(ctx, goPath, c.Checkout, c.Log); err != nil {
		return nil, err
	}
	part, err := l.writeSpec(data, c.Env)
	if err != nil {
		return nil, err
	}
	return append(parts, part), nil
}
