package main

import (
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/kernels"
	"github.com/gopvs/product-visual-search/kernels/variables"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// installLab installs JupyterLab and the kernel for the checkout that holds the working
// folder, and says what it installed.
func installLab(a *app, env map[string]string) ([]kernels.Part, error) {
	checkout, err := kernels.Checkout(".")
	if err != nil {
		return nil, err
	}
	lab, err := kernels.Default()
	if err != nil {
		return nil, err
	}
	update, finish := a.progress("JupyterLab's packages")
	parts, err := lab.Install(a.ctx, kernels.Config{Checkout: checkout, Env: env, Log: a.log, Progress: update})
	finish()
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		a.say("%s %s, %s, %.1f MB", p.Name, p.Version, p.Path, float64(p.Bytes)/1e6)
	}
	a.say("open the notebooks: go run ./pvs/cmd/pvs lab")
	return parts, nil
}

// uninstallLab removes what installLab made.
func uninstallLab(a *app) error {
	l, err := kernels.Default()
	if err != nil {
		return err
	}
	bytes, err := l.Uninstall(a.ctx, a.log)
	if err != nil {
		return err
	}
	a.say("removed the lab, %s, %.0f MB", l.Dir, float64(bytes)/1e6)
	return a.result(map[string]any{"removed": l.Dir, "bytes": bytes})
}

// kernelEnv is what lets a notebook's cells find the installed libraries, whatever
// Jupyter was started from.
func kernelEnv(infer, train backend.Info) map[string]string {
	env := map[string]string{variables.NoInstall: "1"} // a cell must not download
	for _, b := range []backend.Info{infer, train} {
		switch {
		case b.Plugin == "":
		case strings.HasPrefix(b.Name, "onnx"):
			env[variables.ONNXRuntime] = b.Plugin
		case strings.HasPrefix(b.Name, "xla:"):
			env["PJRT_PLUGIN_LIBRARY_PATH"] = strings.Join(append([]string{filepath.Dir(b.Plugin)}, backend.PluginFolders()...),
				string(filepath.ListSeparator))
		}
	}
	if fetch.Cache != "" {
		env[variables.Cache] = fetch.Cache
	}
	return env
}
