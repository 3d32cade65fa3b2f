package lab

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/janpfeifer/must"
)

// smokeEnv makes the notebooks small: the test sets it.
const smokeEnv = "PVS_SMOKE"

// workEnv names the folder for what the notebooks make.
const workEnv = "PVS_WORK"

// Smoke says whether the notebooks run at the scale of their test: the same cells with
// smaller numbers.
func Smoke() bool { return os.Getenv(smokeEnv) == "1" }

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
	root := os.Getenv(workEnv)
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
