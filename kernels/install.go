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
	Log      func(string)          // is called with a line at the start of each step
	Progress func(done, total int) // of JupyterLab's packages
}

// Install installs what is missing of the lab and returns its parts. Parts of the right
// version stay, so it is quick to repeat and continues where it was interrupted. It waits
// for an installation by another process.
func (l Lab) Install(ctx context.Context, c Config) ([]Part, error) {
	release, err := fetch.Lock(ctx, l.Dir, c.Log)
	if err != nil {
		return nil, err
	}
	defer release()
	// In parallel: JupyterLab mostly waits for the network, the kernel for the compiler.
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
	// The one that fails cancels the other, whose error then is not the cause.
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
	if err := precompile(ctx, goPath, c.Checkout, c.Log); err != nil {
		return nil, err
	}
	part, err := l.writeSpec(data, c.Env)
	if err != nil {
		return nil, err
	}
	return append(parts, part), nil
}
