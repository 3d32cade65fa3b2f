package explain_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/explain"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// noisy is a photo of noise, which has nothing in common with another one.
func noisy(seed uint64, width, height int) *imageprep.RGB {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := imageprep.NewRGB(width, height)
	for i := range p.Pix {
		p.Pix[i] = uint8(130 + rng.IntN(100))
	}
	return p
}

// plant draws a mark of stripes, eighth-th by eighth-th of the square that a photo is padded to.
func plant(p *imageprep.RGB, x, y, size int) {
	for v := range size {
		for u := range size {
			c := [3]uint8{0, 0, 0}
			if u*4/size%2 == 1 {
				c = [3]uint8{90, 0, 0}
			}
			copy(p.Pix[3*((y+v)*p.Width+x+u):][:3], c[:])
		}
	}
}

// hottest is the middle of the place with the greatest heat, in eighths of the square's side.
func hottest(h explain.Heat) (x, y float64) {
	best := 0
	for i, v := range h {
		if v > h[best] {
			best = i
		}
	}
	return float64(best%explain.HeatSide) + 0.5, float64(best/explain.HeatSide) + 0.5
}

func unitVector(t testing.TB, e embed.Embedder, p *imageprep.RGB) []float32 {
	t.Helper()
	set, err := embed.One(e, "photo", p)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Normalize(); err != nil {
		t.Fatal(err)
	}
	return set.Data
}

// What two photos have in common is hot, wherever it stands, in photos of any shape; all else is not.
func TestHeatOfAPlantedPatch(t *testing.T) {
	t.Parallel()
	for i, at := range [][2]int{{16, 16}, {128, 32}, {64, 100}, {140, 140}} {
		a, b := noisy(uint64(i), 192, 192), noisy(uint64(i+50), 192, 192)
		plant(a, at[0], at[1], 48)
		plant(b, at[0], at[1], 48)
		heat, err := explain.Occlude(context.Background(), toy{}, a, unitVector(t, toy{}, b))
		if err != nil {
			t.Fatal(err)
		}
		x, y := hottest(heat)
		wx, wy := float64(at[0]+24)/24, float64(at[1]+24)/24
		if math.Abs(x-wx) > 1 || math.Abs(y-wy) > 1 {
			t.Errorf("the patch around (%.1f, %.1f) is hot at (%.1f, %.1f)", wx, wy, x, y)
		}
		inside, outside := float32(0), float32(0)
		for k, v := range heat {
			if px, py := float64(k%8)+0.5, float64(k/8)+0.5; math.Abs(px-wx) < 1 && math.Abs(py-wy) < 1 {
				inside = max(inside, v)
			} else if math.Abs(px-wx) > 2 || math.Abs(py-wy) > 2 {
				outside = max(outside, v)
			}
		}
		if inside < 3*outside || inside < 0.1 {
			t.Errorf("heat is %.3f on the patch and up to %.3f elsewhere", inside, outside)
		}
	}
}

// A photo that is not square has the heat of the square that it is padded to.
func TestHeatOfATallPhoto(t *testing.T) {
	t.Parallel()
	a, b := noisy(1, 96, 192), noisy(2, 192, 192)
	plant(a, 40, 120, 48) // in the square 48 pixels to the right
	plant(b, 88, 120, 48)
	heat, err := explain.Occlude(context.Background(), toy{}, a, unitVector(t, toy{}, b))
	if err != nil {
		t.Fatal(err)
	}
	if x, y := hottest(heat); math.Abs(x-112.0/24) > 1 || math.Abs(y-6) > 1 {
		t.Errorf("hot at (%.1f, %.1f)", x, y)
	}
}

func ExampleOcclude() {
	e := embed.Histogram{} // any embedder will do
	green, half := imageprep.NewRGB(64, 64), imageprep.NewRGB(64, 64)
	for i := range 64 * 64 {
		green.Pix[3*i+1] = 200
		half.Pix[3*i+2] = 200
		if i%64 < 16 { // a green stripe at the left of a blue photo
			half.Pix[3*i+1], half.Pix[3*i+2] = 200, 0
		}
	}
	var other *vectors.Set
	other, err := embed.One(e, "green", green)
	if err != nil {
		panic(err)
	}
	heat, err := explain.Occlude(context.Background(), e, half, other.Data)
	if err != nil {
		panic(err)
	}
	for x := range explain.HeatSide {
		fmt.Printf("%+.2f ", heat[x])
	}
	// Output:
	// +0.04 +0.04 +0.01 +0.00 +0.00 +0.00 +0.00 +0.00
}
