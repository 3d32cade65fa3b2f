package int8

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// Range is what a int8 tensor can hold; it includes 0.
type Range struct{ Low, High float32 }

// Ranges are those of a network's layers by Keras's names.
type Ranges map[string]Range

// calibrationBatch is how many images run at once; all that the layers put out, 100 MB
// an image of B0 at 224 pixels, is in memory then.
const calibrationBatch = 2

// Calibrate runs the float32 network on images, [n, size, size, 3], 0..255, and returns
// the range of each layer's output that loses least when it is divided into 255 steps.
// Between an activation and the layer before it, what is lost is that of the activation.
func Calibrate(ctx context.Context, backend compute.Backend, config effnet.Config, values map[string][]float32,
	images []float32, size int) (Ranges, error) {
	n := len(images) / (size * size * 3)
	if n < 1 {
		return nil, fmt.Errorf("%s in int8 needs photos to calibrate on, and there are none", config.Title)
	}
	store := model.NewStore()
	if err := config.Load(store.RootScope(), values); err != nil {
		return nil, err
	}
	if err := averages(config, values); err != nil {
		return nil, err
	}
	if err := numbers(config, values); err != nil {
		return nil, err
	}
	store.WithVariableAsConst(true)
	var names []string
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) []*graph.Node {
		out := config.Graph(scope, x, effnet.Options{Formulation: effnet.Convolutions})
		names = nil
		var layers []*graph.Node
		for _, name := range out.Names {
			if quantised(name, config.Lite) {
				names, layers = append(names, name), append(layers, out.Layers[name])
			}
		}
		return layers
	})
	if err != nil {
		return nil, fmt.Errorf("building %s for calibration: %w", config.Title, err)
	}
	defer exec.Finalize()
	var histograms []histogram
	batch := make([]float32, calibrationBatch*size*size*3)
	for from := 0; from < len(images); from += len(batch) {
		for k := 0; k < len(batch); { // the last batch is padded with its own images
			k += copy(batch[k:], images[from:])
		}
		if err := count(ctx, exec, batch, size, &histograms); err != nil {
			return nil, fmt.Errorf("calibrating %s: %w", config.Title, err)
		}
	}
	ranges := make(Ranges, len(names))
	for i, name := range names {
		ranges[name] = histograms[i].best(before(name, config.Lite))
	}
	return ranges, nil
}

// averages refuses pooling that the int8 network does not have.
func averages(config effnet.Config, values map[string][]float32) error {
	if effnet.Exponent(values) == 0 {
		return nil
	}
	return fmt.Errorf("%s cannot be computed in int8, since it pools by generalised means: compute in float32",
		config.Title)
}

// numbers refuses weights that int8 cannot stand for.
func numbers(config effnet.Config, values map[string][]float32) error {
	for _, v := range config.Variables() {
		for i, x := range values[v.Name] {
			if x-x != 0 { // NaN or infinite
				return fmt.Errorf("%s cannot be computed in int8: value %d of its weight %s is %g; compute in float32 or take "+
					"other weights", config.Title, i, v.Name, x)
			}
		}
	}
	return nil
}

// count adds one batch's values to the histograms.
func count(ctx context.Context, exec *model.Exec, batch []float32, size int, histograms *[]histogram) error {
	in := tensors.FromFlatDataAndDimensions(batch, calibrationBatch, size, size, 3)
	defer func() { _ = in.FinalizeAll() }()
	outs, err := exec.Exec(in)
	if err != nil {
		return err
	}
	if *histograms == nil {
		*histograms = make([]histogram, len(outs))
	}
	return cores.Each(ctx, len(outs), func(i int) error {
		defer func() { _ = outs[i].FinalizeAll() }()
		return outs[i].ConstFlatData(func(flat any) { (*histograms)[i].add(flat.([]float32)) })
	})
}

// histogram counts values by sign, exponent and the first bits of the fraction, so that
// it needs no range beforehand.
type histogram struct {
	counts    []int64
	low, high float32
}

const (
	droppedBits = 17 // of float32's 23 bits of fraction 6 count
	bins        = 1 << (32 - droppedBits)
)

func (h *histogram) add(values []float32) {
	if h.counts == nil {
		h.counts = make([]int64, bins)
	}
	for _, v := range values {
		h.counts[math.Float32bits(v)>>droppedBits]++
	}
	h.low, h.high = min(h.low, slices.Min(values)), max(h.high, slices.Max(values))
}

// cell is a bin with something in it.
type cell struct{ value, count, result, derivative float64 }

// shares are the parts of the widest range that best probes.
var shares = []float64{1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2}

// best returns the range with the least squared error of f(x): what lies within is off by
// a step's rounding, what lies beyond is clipped.
func (h *histogram) best(f func(float64) float64) Range {
	var cells []cell
	for i, n := range h.counts {
		v := float64(math.Float32frombits(uint32(i)<<droppedBits | 1<<(droppedBits-1)))
		if n == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		const small = 1e-3
		cells = append(cells, cell{v, float64(n), f(v), (f(v+small) - f(v-small)) / (2 * small)})
	}
	best, least := Range{h.low, h.high}, math.Inf(1)
	for _, a := range shares {
		for _, b := range shares {
			low, high := float64(h.low)*a, float64(h.high)*b
			atLow, atHigh := f(low), f(high)
			rounding := (high - low) * (high - low) / (255 * 255 * 12)
			var loss float64
			for _, c := range cells {
				switch {
				case c.value < low:
					loss += c.count * (c.result - atLow) * (c.result - atLow)
				case c.value > high:
					loss += c.count * (c.result - atHigh) * (c.result - atHigh)
				default:
					loss += c.count * rounding * c.derivative * c.derivative
				}
			}
			if loss < least {
				best, least = Range{float32(low), float32(high)}, loss
			}
			if h.high <= 0 {
				break
			}
		}
	}
	return best
}
