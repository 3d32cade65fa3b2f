package explain

import (
	"math"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// fakeIndex has n rows, of which only the number matters.
func fakeIndex(n int) *vectors.Set { return &vectors.Set{IDs: make([]string, n), Dim: 1} }

// scene is a red box on a ground of grey stripes.
func scene(width, height, x0, y0, x1, y1 int) *imageprep.RGB {
	p := imageprep.NewRGB(width, height)
	for y := range height {
		for x := range width {
			c := [3]uint8{200, 200, 200}
			if (x+y)/8%2 == 0 {
				c = [3]uint8{140, 140, 150}
			}
			if x >= x0 && x < x1 && y >= y0 && y < y1 {
				c = [3]uint8{200, uint8(20 + 10*(x/4%2)), 10}
			}
			copy(p.Pix[3*(y*width+x):], c[:])
		}
	}
	return p
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	whole := scene(160, 120, 60, 40, 100, 80)
	l := measure(whole)
	if math.Abs(l.box.x0-60./160) > 0.02 || math.Abs(l.box.y1-80./120) > 0.02 || math.Abs(l.fill-0.25) > 0.03 {
		t.Errorf("the product is at %+v and fills %.2f", l.box, l.fill)
	}
	if l.cut > 0.02 {
		t.Errorf("it is cut by %.2f", l.cut)
	}
	if cut := measure(scene(160, 120, 90, 60, 160, 120)); cut.cut < 0.2 || cut.corner < 0.35 || l.corner > 0.02 {
		t.Errorf("a product in the corner is cut by %.2f, and touches %.2f of two sides; one in the middle %.2f", cut.cut,
			cut.corner, l.corner)
	}
	if one := measure(scene(160, 120, 60, 60, 110, 120)); one.cut < 0.05 || one.corner > 0.02 {
		t.Errorf("a product at one side is cut by %.2f, and touches %.2f of two", one.cut, one.corner)
	}
	if dark := measure(brighten(20).apply(whole)); dark.light > 24 || l.light < 190 {
		t.Errorf("light %.0f, darkened %.0f", l.light, dark.light)
	}
	if soft := measure(averaged(whole, 6)); soft.blur < l.blur+0.3 {
		t.Errorf("blur %.2f, blurred %.2f", l.blur, soft.blur)
	}
	if plain := imageprep.NewRGB(3, 2); measure(plain).fill != 1 {
		t.Error("a photo of nothing has a product")
	}
}

func TestTreatments(t *testing.T) {
	t.Parallel()
	whole := scene(160, 120, 60, 40, 100, 80)
	back := turn(3).apply(turn(1).apply(whole))
	if back.Width != 160 || string(back.Pix) != string(whole.Pix) {
		t.Error("turned there and back it is another photo")
	}
	once := turn(1).apply(whole)
	if once.Width != 120 || once.Height != 160 || once.Pix[3*(159*120)] != whole.Pix[0] {
		t.Error("a quarter counter-clockwise brings the upper left corner down")
	}
	if c := crop.apply(whole); c.Width < 40 || c.Width > 48 || c.Height < 40 || c.Height > 48 {
		t.Errorf("cropped to %d x %d", c.Width, c.Height)
	}
	flat := flatten([3]uint8{1, 2, 3}).apply(whole)
	if flat.Pix[0] != 1 || flat.Pix[3*(60*160+80)] != 200 {
		t.Error("the ground stays or the product goes")
	}
	without := grey.apply(whole).Pix
	for i, v := range without {
		if v != without[i/3*3] {
			t.Fatal("grey has colours")
		}
	}
	if p := part(1, 1).apply(whole); p.Width != 96 || string(p.Pix[3*(p.Width*p.Height-1):]) !=
		string(whole.Pix[3*(160*120-1):]) {
		t.Error("the lower right part does not end where the photo does")
	}
}

// A row that is wrongly among the ten of many queries is a hub, one that is right for them is none.
func TestHubs(t *testing.T) {
	t.Parallel()
	x := &searched{}
	x.Index = fakeIndex(400)
	for q := range 100 {
		first := []int{10 + q, 110 + q, 210 + q}
		if q%5 == 0 {
			first = append(first, 3) // wrong
		}
		if q%5 == 1 {
			first = append(first, 4) // right
		}
		x.first, x.right = append(x.first, first), append(x.right, map[int]bool{4: true, 10 + q: true})
	}
	hubs, skew := x.hubs()
	if len(hubs) != 1 || hubs[3] != 20 || skew < 3 {
		t.Errorf("hubs %v, skewness %.1f", hubs, skew)
	}
}

func TestSkewness(t *testing.T) {
	t.Parallel()
	if s := skewness([]int{0, 0, 0, 4}); math.Abs(s-1.1547) > 1e-4 { // (3 * (-1)^3 + 3^3) / 4 / 3^1.5
		t.Errorf("got %g", s)
	}
	if s := skewness([]int{1, 1, 1}); s != 0 {
		t.Errorf("got %g", s)
	}
}
