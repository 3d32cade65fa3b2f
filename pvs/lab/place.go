package lab

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/kernels/variables"
)

// A cell is a program whose caller has nothing but variables to give: they are those of
// package variables, and in a notebook they choose backend and cache, too.
func init() {
	if gonbui.IsNotebook {
		variables.Apply()
	}
}

// Smoke says whether the notebooks run at the scale of their test: the same cells with
// smaller numbers.
func Smoke() bool { return variables.IsSmoke() }

// Scaled returns the first value at smoke scale and the second otherwise.
func Scaled[T any](smoke, full T) T {
	if Smoke() {
		return smoke
	}
	return full
}

// Folder returns a folder for what cells leave for later ones, made if need be:
// notebooks/work/NAME, or below PVS_WORK where that is set. The scales have folders of
// their own.
func Folder(name string) string {
	root := variables.WorkFolder()
	if root == "" {
		root = "work"
	}
	dir := filepath.Join(root, Scaled("smoke", "lab"), name)
	must.M(os.MkdirAll(dir, 0o755))
	return dir
}

// Context returns a context that Jupyter's stop button ends, so that long work leaves
// whole files behind and goes on when the cell runs again.
func Context() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) // for as long as the cell runs
	return ctx
}
