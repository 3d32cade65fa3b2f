package imageprep_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// reference is what TensorFlow computed (testdata/README.md).
func reference(t *testing.T) map[string]weights.Tensor {
	t.Helper()
	f, err := weights.Read("testdata/image_reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return f.Tensors
}

func toRGB(t weights.Tensor) *imageprep.RGB {
	p := imageprep.NewRGB(t.Shape[1], t.Shape[0])
	for i, v := range t.Data {
		p.Pix[i] = uint8(v)
	}
	return p
}

func worst(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	w := 0.0
	for i := range got {
		w = max(w, math.Abs(float64(got[i]-want[i])))
	}
	return w
}

func TestAgainstTensorFlow(t *testing.T) {
	t.Parallel()
	ref := reference(t)
	count := 0
	for i := 0; ; i++ {
		input, ok := ref[fmt.Sprintf("pad.%d.input", i)]
		if !ok {
			break
		}
		count++
		photo := toRGB(input)
		fill := imageprep.Perimeter(photo)
		for c, want := range ref[fmt.Sprintf("pad.%d.perimeter", i)].Data {
			if float32(fill[c]) != want {
				t.Errorf("image %d: perimeter %v, channel %d should be %g", i, fill, c, want)
			}
		}
		padded := ref[fmt.Sprintf("pad.%d.output", i)]
		size := padded.Shape[0]
		fused, steps := make([]float32, 3*size*size), make([]float32, 3*size*size)
		imageprep.Square(photo, size, fused)
		imageprep.Resize(imageprep.PadSquare(photo), size, size, steps)
		if e := worst(fused, padded.Data); e > 0.01 {
			t.Errorf("image %d: padded and resized differs by %g", i, e)
		}
		if e := worst(fused, steps); e != 0 {
			t.Errorf("image %d: Square differs from PadSquare and Resize by %g", i, e)
		}
		if resized, ok := ref[fmt.Sprintf("resize.%d.output", i)]; ok {
			out := make([]float32, len(resized.Data))
			imageprep.Resize(photo, resized.Shape[1], resized.Shape[0], out)
			if e := worst(out, resized.Data); e > 0.01 {
				t.Errorf("image %d: resized differs by %g", i, e)
			}
		}
	}
	if count == 0 {
		t.Fatal("the reference holds no images")
	}
}

func TestViewsAgainstTensorFlow(t *testing.T) {
	t.Parallel()
	ref := reference(t)
	in, out := ref["views.input"], ref["views.output"]
	size := in.Shape[1]
	n := 3 * size * size
	for image := range in.Shape[0] {
		for v := imageprep.A0; v <= imageprep.A5; v++ {
			k := 6*image + int(v)
			if e := worst(v.Apply(in.Data[image*n:(image+1)*n], size, nil), out.Data[k*n:(k+1)*n]); e != 0 {
				t.Errorf("image %d view %s differs by %g", image, v, e)
			}
		}
	}
}
