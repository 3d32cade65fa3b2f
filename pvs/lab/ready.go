package lab

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"os"
	"runtime"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/kernels/variables"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// needsGo is the version in go.mod.
const needsGo = "go1.26"

// Ready makes sure that the notebook has what it needs - backends, weights, a folder to
// write in - installing what is missing, and shows what it found. What cannot be had
// ends the cell with a sentence that says what to do.
func Ready() {
	ctx := Context()
	log := Log()
	must.M(checkGo(runtime.Version()))
	infer, err := backend.Choose(ctx, backend.Inference, log)
	must.M(wayOut(err, "no backend for the network could be found"))
	train, err := backend.Choose(ctx, backend.Training, log)
	must.M(wayOut(err, "no backend for training could be found"))
	source, _, err := weights.Default(ctx, log)
	must.M(wayOut(err, "no ImageNet weights could be found"))
	must.M(checkFolder(Folder("ready")))
	config := must.M1(effnet.Named(source.Model))
	kernel := "none: this is a plain program"
	if gonbui.IsNotebook {
		kernel = "GoNB " + variables.GoNB()
	}
	Table([]string{"What", "Here"},
		[]any{"kernel", kernel + ", " + runtime.Version()},
		[]any{"photos become vectors on", infer.Name + ": " + infer.Why},
		[]any{"networks train on", train.Name + ": " + train.Why},
		[]any{"ImageNet weights", config.Title + ", " + source.Name + ", " + source.Licence},
		[]any{"scale", Scaled("smoke: small numbers, the same steps", "lab: for two cores")},
	)
}

// checkGo compares a Go version with the one that the module needs.
func checkGo(have string) error {
	if version.IsValid(have) && version.Compare(have, needsGo) < 0 {
		return fmt.Errorf("this kernel compiles with %s and the library needs %s: install it, then run: go run "+
			"./pvs/cmd/pvs setup --lab", have, needsGo)
	}
	return nil
}

// wayOut says what to do where something cannot be had.
func wayOut(err error, what string) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s (%w): connect to a network once and run, in the checkout: go run ./pvs/cmd/pvs setup", what, err)
}

// checkFolder makes sure that cells can leave files.
func checkFolder(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written to (%w): name another by the environment variable %s", dir, err,
			variables.Work)
	}
	defer os.Remove(f.Name())
	return f.Close()
}
