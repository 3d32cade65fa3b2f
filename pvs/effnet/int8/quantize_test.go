package int8

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
)

const size, batch = 64, 4

// images are coloured discs on grounds of other colours.
func images(n int) []float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]float32, n*size*size*3)
	for i := range n {
		x, y, r := rng.Float64()*size, rng.Float64()*size, 5+rng.Float64()*25
		for c := range 3 {
			ground, disc := 255*rng.Float64(), 255*rng.Float64()
			for p := range size * size {
				v := ground
				if math.Hypot(float64(p%size)-x, float64(p/size)-y) < r {
					v = disc
				}
				out[3*(i*size*size+p)+c] = float32(v)
			}
		}
	}
	return out
}

// plain is the float32 network's features.
func plain(t *testing.T, b compute.Backend, c effnet.Config, values map[string][]float32, images []float32) []float32 {
	store := model.NewStore()
	if err := c.Load(store.RootScope(), values); err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(b, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return c.Graph(scope, x, effnet.Options{}).Features
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	outs, err := exec.Exec(tensors.FromFlatDataAndDimensions(images, len(images)/(3*size*size), size, size, 3))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](outs[0])
}

// The quantised network's features are those of float32 within a few percent of their
// length: swish with squeeze-and-excite, and ReLU6 without.
func TestAgainstFloat32(t *testing.T) {
	b, _, err := backend.OpenNamed(context.Background(), "onnxruntime:cpu", func(string) {})
	if err != nil {
		t.Skip("ONNX Runtime cannot be had here: ", err)
	}
	for _, name := range []string{"mini", "lite0"} {
		t.Run(name, func(t *testing.T) {
			c, err := effnet.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			values := c.InitialValues(1)
			photos := images(batch)
			ranges, err := Calibrate(context.Background(), b, c, values, photos, size)
			if err != nil {
				t.Fatal(err)
			}
			n, err := Load(b, c, values, ranges, batch, size)
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			got := make([]float32, batch*c.Features())
			if err := n.Features(photos, got); err != nil {
				t.Fatal(err)
			}
			want := plain(t, b, c, values, photos)
			var off, length float64
			for i, w := range want {
				off += float64((got[i] - w) * (got[i] - w))
				length += float64(w * w)
			}
			share := math.Sqrt(off / length)
			t.Logf("%s: features are %.4f of their length away", name, share)
			if share > 0.12 || share == 0 {
				t.Errorf("features are %.4f of their length away from float32's: more than 0.12, or nothing was quantised", share)
			}
		})
	}
}

// What a range leaves out and what it rounds are weighed against each other.
func TestBestRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, 100_000)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	values[0], values[1] = 40, -40 // two outliers, for which a step would have to be ten times as wide
	var h histogram
	h.add(values)
	identity := func(x float64) float64 { return x }
	r := h.best(identity)
	loss := func(r Range) (sum float64) {
		step := float64(r.High-r.Low) / 255
		for _, v := range values {
			x := float64(max(r.Low, min(r.High, v)))
			q := float64(r.Low) + math.Round((x-float64(r.Low))/step)*step
			sum += (q - float64(v)) * (q - float64(v))
		}
		return sum
	}
	for _, share := range shares {
		if other := (Range{-40 * float32(share), 40 * float32(share)}); loss(r) > 1.1*loss(other) {
			t.Errorf("the range %v loses %.0f, %v only %.0f", r, loss(r), other, loss(other))
		}
	}
	// Swish is flat far below 0, so that nothing is lost there by clipping.
	var wide histogram
	wide.add([]float32{-60, -50, -40, 1, 2, 3, 4})
	if swished := wide.best(before("stem_bn", false)); swished.Low < -13 || swished.High != 4 {
		t.Errorf("before swish the range of -60 to 4 is %v", swished)
	}
}

// Folded and quantised weights come back within half a step, whatever their layout.
func TestFold(t *testing.T) {
	const positions, in, out = 9, 2, 3
	kernel := make([]float32, positions*in*out)
	for i := range kernel {
		kernel[i] = float32(math.Sin(float64(i)))
	}
	n := norm{factor: []float64{1, 2, -0.5}, offset: []float64{0.1, -3, 0}}
	weights, scales, bias := fold(kernel, positions, in, out, n).quantize(0.5, productLimit)
	for p := range positions {
		for i := range in {
			for o := range out {
				want := float64(kernel[(p*in+i)*out+o]) * n.factor[o]
				got := float64(weights[(o*in+i)*positions+p]) * float64(scales[o])
				if math.Abs(got-want) > 0.5001*float64(scales[o]) {
					t.Errorf("position %d from %d to %d: %g, want %g", p, i, o, got, want)
				}
			}
		}
	}
	for o, b := range bias {
		if got := float64(b) * float64(scales[o]) * 0.5; math.Abs(got-n.offset[o]) > float64(scales[o])/4+1e-9 {
			t.Errorf("the bias of %d is %g, want %g", o, got, n.offset[o])
		}
	}
}

func TestRefusals(t *testing.T) {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	values := c.InitialValues(1)
	_, none := Calibrate(context.Background(), b, c, values, nil, size)
	_, bare := Model(c, values, Ranges{}, 1, size)
	_, other := Load(b, c, values, Ranges{}, 1, size)
	values[effnet.PoolExponent] = []float32{3}
	_, pooled := Calibrate(context.Background(), b, c, values, make([]float32, 3*size*size), size)
	_, model := Model(c, values, Ranges{}, 1, size)
	delete(values, effnet.PoolExponent)
	delete(values, "top_conv/kernel")
	_, missing := Model(c, values, Ranges{}, 1, size)
	for _, e := range []struct {
		err  error
		says string
	}{{none, "there are none"}, {bare, "stem_bn is not calibrated"}, {other, "has no int8"},
		{missing, "top_conv/kernel has 0 values"}, {pooled, "generalised means"}, {model, "generalised means"}} {
		if e.err == nil || !strings.Contains(e.err.Error(), e.says) {
			t.Errorf("the error %v does not say %q", e.err, e.says)
		}
	}
}
