package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

type setupCommand struct {
	Weights   string `help:"Which weights: keras-b0, timm-b0, lite0 to lite2; the best that can be had if not given."`
	Device    string `enum:"cpu,cuda,tpu" default:"cpu" help:"${setup_device}"`
	Lab       bool   `help:"Install the lab too: JupyterLab and the Go kernel of the notebooks."`
	Uninstall bool   `help:"With --lab: remove the lab."`
}

// Validate refuses flags that do not go together.
func (c *setupCommand) Validate() error {
	if c.Uninstall && !c.Lab {
		return errors.New("--uninstall removes the lab: give --lab with it")
	}
	return nil
}

// Run installs the libraries of both uses and the weights, and the lab if it is wanted.
func (c *setupCommand) Run(a *app) error {
	if c.Uninstall {
		return uninstallLab(a)
	}
	infer, err := backend.Choose(a.ctx, backend.Inference, a.log)
	if err != nil {
		return err
	}
	train, err := backend.Choose(a.ctx, backend.Training, a.log)
	if err != nil {
		return err
	}
	var source weights.Source
	var path string
	if c.Weights == "" {
		source, path, err = weights.Default(a.ctx, a.log)
	} else if source, err = weights.SourceNamed(c.Weights); err == nil {
		path, err = source.Fetch(a.ctx, a.log)
	}
	if err != nil {
		return err
	}
	a.say("inference runs on %s%s", infer, size(infer.Plugin))
	a.say("training and large searches run on %s%s", train, size(train.Plugin))
	a.say("weights: %s, for EfficientNet %s, %s, %s%s", source.Name, source.Model, source.Licence, path, size(path))
	result := map[string]any{"backend": train.Name, "plugin": train.Plugin, "weights": path,
		"inference_backend": infer.Name, "inference_plugin": infer.Plugin, "weights_name": source.Name}
	if c.Device != "cpu" {
		dir, err := backend.InstallFor(c.Device, a.log)
		if err != nil {
			return err
		}
		a.say("for %s: %s", c.Device, dir)
		result["device_plugin"] = dir
	}
	if c.Lab {
		if result["lab"], err = installLab(a, kernelEnv(infer, train)); err != nil {
			return err
		}
	}
	return a.result(result)
}

// size says how large a file is.
func size(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", %.0f MB", float64(info.Size())/1e6)
}
