package verify

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// imageChecks compares perimeter, padding, resizing and views.
func imageChecks(ref map[string]weights.Tensor) ([]Check, error) {
	var checks []Check
	for i := 0; ; i++ {
		input, ok := ref[fmt.Sprintf("pad.%d.input", i)]
		if !ok {
			break
		}
		if len(input.Shape) != 3 || input.Shape[2] != 3 {
			return nil, errShape
		}
		photo := imageprep.NewRGB(input.Shape[1], input.Shape[0])
		for j, v := range input.Data {
			photo.Pix[j] = uint8(v)
		}
		if want, ok := ref[fmt.Sprintf("pad.%d.perimeter", i)]; ok {
			fill := imageprep.Perimeter(photo)
			worst, _ := difference([]float32{float32(fill[0]), float32(fill[1]), float32(fill[2])}, want.Data)
			checks = append(checks, Check{fmt.Sprintf("image %d: perimeter", i), worst, exact})
		}
		if want, ok := ref[fmt.Sprintf("pad.%d.output", i)]; ok {
			if len(want.Shape) != 3 || want.Shape[0] != want.Shape[1] {
				return nil, errShape
			}
			got := make([]float32, 3*want.Shape[0]*want.Shape[0])
			imageprep.Square(photo, want.Shape[0], got)
			worst, _ := difference(got, want.Data)
			checks = append(checks, Check{fmt.Sprintf("image %d: padded and resized, of 255", i), worst, resizeAllowed})
		}
		if want, ok := ref[fmt.Sprintf("resize.%d.output", i)]; ok {
			if len(want.Shape) != 3 {
				return nil, errShape
			}
			got := make([]float32, 3*want.Shape[0]*want.Shape[1])
			imageprep.Resize(photo, want.Shape[1], want.Shape[0], got)
			worst, _ := difference(got, want.Data)
			checks = append(checks, Check{fmt.Sprintf("image %d: resized, of 255", i), worst, resizeAllowed})
		}
	}
	in, ok1 := ref["views.input"]
	out, ok2 := ref["views.output"]
	if !ok1 || !ok2 {
		return checks, nil
	}
	if len(in.Shape) != 4 || len(out.Data) != 6*len(in.Data) {
		return nil, errShape
	}
	size := in.Shape[1]
	n := 3 * size * size
	for v := imageprep.A0; v <= imageprep.A5; v++ {
		var got, want []float32
		for i := range in.Shape[0] {
			k := 6*i + int(v)
			got = append(got, v.Apply(in.Data[i*n:(i+1)*n], size, nil)...)
			want = append(want, out.Data[k*n:(k+1)*n]...)
		}
		worst, _ := difference(got, want)
		checks = append(checks, Check{fmt.Sprintf("view %s", v), worst, exact})
	}
	return checks, nil
}
