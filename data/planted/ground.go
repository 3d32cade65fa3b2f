package planted

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// A ground is plain if its edge deviates by less than this from its mean, in values of 255.
const plainDeviation = 8

// Colours that are nearer to the edge's mean than near are ground, farther than far product; between, both show.
const near, far = 16, 40

// isPlain says whether a photo's edge is of one colour.
func isPlain(p *imageprep.RGB) bool {
	edge := imageprep.Perimeter(p)
	sum, n := 0.0, 0
	add := func(x, y int) {
		d := distance(p, x, y, edge)
		sum, n = sum+d*d, n+1
	}
	for x := range p.Width {
		add(x, 0)
		add(x, p.Height-1)
	}
	for y := range p.Height {
		add(0, y)
		add(p.Width-1, y)
	}
	return math.Sqrt(sum/float64(n)) < plainDeviation
}

// distance is the Euclidean distance of a pixel from a colour.
func distance(p *imageprep.RGB, x, y int, of [3]uint8) float64 {
	i, sum := 3*(y*p.Width+x), 0.0
	for c := range 3 {
		d := float64(p.Pix[i+c]) - float64(of[c])
		sum += d * d
	}
	return math.Sqrt(sum)
}

// pattern is a ground: squares of four colours, of a size in shares of the photo's longer side, slanted.
type pattern struct {
	colours  [4]color.RGBA
	size     float64
	sin, cos float64 // of the slant
}

func newPattern(rng *rand.Rand) pattern {
	p := pattern{size: 0.06 + 0.06*rng.Float64()}
	p.sin, p.cos = math.Sincos(rng.Float64() * math.Pi / 2)
	for i := range p.colours {
		p.colours[i] = color.RGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
	}
	return p
}

// at is the colour at a place, in shares of the longer side.
func (p pattern) at(x, y float64) color.RGBA {
	u, v := int(math.Floor((p.cos*x+p.sin*y)/p.size)), int(math.Floor((p.cos*y-p.sin*x)/p.size))
	return p.colours[(u&1)+2*(v&1)]
}

// under lays a pattern in place of a photo's plain ground.
func (p pattern) under(photo *imageprep.RGB, rng *rand.Rand) image.Image {
	edge := imageprep.Perimeter(photo)
	out := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	dx, dy := rng.Float64(), rng.Float64()
	longer := float64(max(photo.Width, photo.Height))
	for y := range photo.Height {
		for x := range photo.Width {
			of := max(0, min(1, (distance(photo, x, y, edge)-near)/(far-near)))
			i := 3 * (y*photo.Width + x)
			g := p.at(dx+float64(x)/longer, dy+float64(y)/longer)
			mix := func(a, b uint8) uint8 { return uint8(of*float64(a) + (1-of)*float64(b) + 0.5) }
			out.SetRGBA(x, y, color.RGBA{mix(photo.Pix[i], g.R), mix(photo.Pix[i+1], g.G), mix(photo.Pix[i+2], g.B), 255})
		}
	}
	return out
}
