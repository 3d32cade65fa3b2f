package embed

import (
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// A network that looks at photos' centres sees what one sees that is given them, and what is cut out whole.
func TestCentre(t *testing.T) {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	with := func(share float64) (*Network, error) {
		return New(fastest(t), c, c.InitialValues(1), NetworkOptions{Size: 32, Batch: 8, Centre: share, Shrunk: true})
	}
	closer, err := with(0.5)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := with(1)
	if err != nil {
		t.Fatal(err)
	}
	photo := imageprep.NewRGB(90, 60)
	for i := range photo.Pix {
		photo.Pix[i] = uint8(i * i / 7)
	}
	of := func(prepare func(*imageprep.RGB, []float32), p *imageprep.RGB) []float32 {
		input := make([]float32, closer.InputLen())
		prepare(p, input)
		return input
	}
	part := func(p *imageprep.RGB, input []float32) { PrepareWhole(closer, p, input) }
	all := of(whole.Prepare, photo)
	if got := of(closer.Prepare, photo); slices.Equal(got, all) ||
		!slices.Equal(got, of(whole.Prepare, imageprep.Centre(photo, 0.5))) {
		t.Error("the input is not the photo's centre")
	}
	if !slices.Equal(of(part, photo), all) {
		t.Error("a part is not looked at whole")
	}
	if a, b := closer.Origin(), whole.Origin(); a.Centre != 0.5 || b.Centre != 0 || a.Digest() == b.Digest() ||
		closer.Key() == whole.Key() {
		t.Errorf("%+v, %s; %+v, %s", a, closer.Key(), b, whole.Key())
	}
	if got := closer.Limits(imageprep.Limits{}).Suffices; got != 128 {
		t.Errorf("%d pixels suffice, not 128", got)
	}
	for _, share := range []float64{-1, 0.2, 1.1} {
		if _, err := with(share); err == nil || !strings.Contains(err.Error(), "0.3 to 1") {
			t.Errorf("the central %g: %v", share, err)
		}
	}
}
