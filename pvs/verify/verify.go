package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// Check is one comparison.
type Check struct {
	Name    string
	Error   float64 // largest absolute difference, relative to the largest absolute value where that is said
	Allowed float64
}

// OK says whether the check holds; an error that is NaN does not.
func (c Check) OK() bool { return c.Error <= c.Allowed }

// Share is the error as a share of what is allowed; of an exact check 0 or infinite.
func (c Check) Share() float64 {
	if c.Error == 0 {
		return 0
	}
	if math.IsNaN(c.Error) {
		return math.Inf(1)
	}
	return c.Error / c.Allowed
}

// The tolerances that an honest float32 implementation meets (fixtures/README.md).
const (
	exact         = 0.0
	resizeAllowed = 0.01
	layerAllowed  = 1e-4 // of the largest absolute value
)

// Options of [Folder].
type Options struct {
	// Backends are compared, named as in backend.Options; nil: the fused CPU kernels
	// and all that can be had.
	Backends []string
	// Usual is the backend that is compared in place of XLA and ONNX Runtime where none are
	// named; "": those.
	Usual string
	Log   func(string) // gets lines of progress
}

// Folder runs every check that the folder has values for.
func Folder(ctx context.Context, dir string, opts Options) ([]Check, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("there is no folder %s with reference values", dir)
	}
	var checks []Check
	if path := filepath.Join(dir, "image_reference.safetensors"); exists(path) {
		ref, err := weights.Read(path)
		if err != nil {
			return nil, err
		}
		images, err := imageChecks(ref.Tensors)
		if err != nil {
			return nil, err
		}
		checks = append(checks, images...)
	}
	files, err := weightFiles(dir)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		network, err := networkChecks(ctx, dir, files, opts)
		if err != nil {
			return nil, err
		}
		checks = append(checks, network...)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("the folder %s holds neither image_reference.safetensors nor a weights file with "+
			"keras_reference.safetensors", dir)
	}
	return checks, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// weightFiles lists the files of weights, .h5 first.
func weightFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		switch ext := filepath.Ext(name); {
		case strings.Contains(name, "reference"):
		case ext == ".h5", ext == ".safetensors", ext == ".pth":
			files = append(files, filepath.Join(dir, name))
		}
	}
	slices.SortStableFunc(files, func(a, b string) int { return strings.Compare(filepath.Ext(a), filepath.Ext(b)) })
	return files, nil
}

// difference returns the largest absolute difference and the largest absolute value of want.
func difference(got, want []float32) (worst, largest float64) {
	if len(got) != len(want) {
		return math.NaN(), 0
	}
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return d, 0
		}
		worst, largest = max(worst, d), max(largest, math.Abs(float64(want[i])))
	}
	return worst, largest
}

// relative is a check of 1e-4 of the largest absolute value.
func relative(name string, got, want []float32) Check {
	worst, largest := difference(got, want)
	if largest > 0 {
		worst /= largest
	}
	return Check{Name: name, Error: worst, Allowed: layerAllowed}
}

var errShape = errors.New("a tensor of the reference has another shape than the layout says")
