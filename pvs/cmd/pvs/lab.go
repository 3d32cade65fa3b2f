package main

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/kernels"
)

type labCommand struct {
	Folder string `arg:"" optional:"" help:"The notebooks; the checkout's notebooks if not given."`
	Host   string `default:"127.0.0.1" help:"Where to listen; 0.0.0.0 lets other machines in (behind the token)."`
	Port   int    `min:"0" max:"65535" default:"8888" help:"The port; 0 for any that is free."`
}

// Run starts JupyterLab, prints the link and waits for its end.
func (c *labCommand) Run(a *app) error {
	checkout, err := kernels.Checkout(".")
	if err != nil {
		return err
	}
	folder := c.Folder
	if folder == "" {
		folder = filepath.Join(checkout, "notebooks")
	}
	lab, err := kernels.Default()
	if err != nil {
		return err
	}
	if err := lab.Check(a.ctx, checkout); err != nil {
		return fmt.Errorf("%w: go run ./pvs/cmd/pvs setup --lab", err)
	}
	a.log("starting JupyterLab")
	server, err := lab.Serve(a.ctx, kernels.ServeConfig{Checkout: checkout, Folder: folder, Host: c.Host, Port: c.Port})
	if err != nil {
		return err
	}
	a.say("JupyterLab is ready: %s", server.URL)
	a.say("Ctrl-C stops it and its kernels; what it says goes to %s", server.Log)
	if err := a.result(map[string]any{"url": server.URL, "log": server.Log}); err != nil {
		return err
	}
	return server.Wait(a.ctx)
}
