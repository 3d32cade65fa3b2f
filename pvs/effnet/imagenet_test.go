package effnet_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// named is what a photo is, by ImageNet's number of the class, and how sure a network is of it.
type named struct {
	photo       string
	class       int
	probability float64
}

// The real Lite0, Lite1 and Lite2 weights must name real photos. Expected classes and probabilities
// are those of the weights' own reference code in PyTorch (efficientnet_lite_pytorch 0.1.0).
func TestLiteNamesPhotos(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("PVS_SKIMAGE")
	if dir == "" {
		t.Skip("PVS_SKIMAGE does not name scikit-image's folder of photos (.ci/run sets it)")
	}
	all := backends(t)
	for variant, want := range map[string][]named{
		"lite0": {{"chelsea.png", 285, 0.40}, {"coffee.png", 967, 0.94}, {"rocket.jpg", 657, 0.32}},
		"lite1": {{"chelsea.png", 285, 0.543}, {"coffee.png", 967, 0.647}, {"rocket.jpg", 540, 0.108}},
		"lite2": {{"chelsea.png", 285, 0.600}, {"coffee.png", 967, 0.891}, {"rocket.jpg", 540, 0.103}},
	} {
		for name, b := range all {
			// The pure-Go backend takes a minute, and XLA compiles; one variant shows that it computes the same.
			if name == "go" || name == "xla:cpu" && variant != "lite0" {
				continue
			}
			t.Run(variant+" on "+name, func(t *testing.T) { namesPhotos(t, variant, b, dir, want) })
		}
	}
}

func namesPhotos(t *testing.T, variant string, b compute.Backend, dir string, want []named) {
	source, err := weights.SourceNamed(variant)
	if err != nil {
		t.Fatal(err)
	}
	path, err := source.Fetch(context.Background(), func(line string) { t.Log(line) })
	if err != nil {
		t.Skip("the weights cannot be had here: ", err)
	}
	c, err := effnet.Named(variant)
	if err != nil {
		t.Fatal(err)
	}
	w, err := weights.Load(path, c)
	if err != nil {
		t.Fatal(err)
	}
	size := c.Resolution
	images := weights.Tensor{Shape: []int{len(want), size, size, 3}, Data: make([]float32, len(want)*3*size*size)}
	for i, p := range want {
		photo, err := imageprep.Open(filepath.Join(dir, p.photo), imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		imageprep.Resize(middle(photo), size, size, images.Data[i*3*size*size:(i+1)*3*size*size])
	}
	got := layers(t, b, c, w.Values, images, []string{"avg_pool"}, effnet.Options{Formulation: effnet.FormulationFor(b)})
	features := tensors.MustCopyFlatData[float32](got[0])
	for i, p := range want {
		class, probability := classify(features[i*c.Features():(i+1)*c.Features()], w.Top)
		t.Logf("%s: class %d, probability %.3f", p.photo, class, probability)
		if class != p.class || math.Abs(probability-p.probability) > 0.03 {
			t.Errorf("%s: class %d with %.3f, want %d with %.2f", p.photo, class, probability, p.class, p.probability)
		}
	}
}

// middle crops the central square, as the reference code was run.
func middle(p *imageprep.RGB) *imageprep.RGB {
	side := min(p.Width, p.Height)
	left, top := (p.Width-side)/2, (p.Height-side)/2
	out := imageprep.NewRGB(side, side)
	for y := range side {
		copy(out.Pix[3*y*side:3*(y+1)*side], p.Pix[3*((top+y)*p.Width+left):])
	}
	return out
}

// classify applies the ImageNet classifier and softmax.
func classify(features []float32, top *weights.Top) (class int, probability float64) {
	logits := make([]float64, top.Classes)
	for c := range logits {
		logits[c] = float64(top.Bias[c])
		for f, x := range features {
			logits[c] += float64(x) * float64(top.Kernel[f*top.Classes+c])
		}
		if logits[c] > logits[class] {
			class = c
		}
	}
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(l - logits[class])
	}
	return class, 1 / sum
}
