package studio

import (
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// GroundKind is a background.
type GroundKind int

// The backgrounds: a paper sweep of one colour, a sweep that darkens, and tables of
// wood, cloth and stone before a wall.
const (
	Sweep GroundKind = iota
	Gradient
	Wood
	Cloth
	Stone
)

// Ground is the table and the wall behind it.
type Ground struct {
	Kind   GroundKind
	Table  mesh.Color // main colour
	Second mesh.Color // grain, thread, speckle, or the dark end of a gradient
	Wall   mesh.Color
	Scale  float64 // features a product's radius
	Turn   float64 // direction of the grain
}

// randomGround draws a background; plain is the share of the first two kinds.
func randomGround(rng *rand.Rand, plain float64) Ground {
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	g := Ground{Scale: between(1.5, 4), Turn: between(0, math.Pi)}
	if rng.Float64() < plain {
		g.Kind = []GroundKind{Sweep, Gradient}[rng.IntN(2)]
		v := between(0.35, 0.95)
		g.Table = mesh.Color{R: v, G: v, B: v}
		if rng.Float64() < 0.6 { // coloured paper
			g.Table = hue(rng.Float64(), between(0.1, 0.55), v)
		}
		g.Second = scaleColor(g.Table, between(0.3, 0.8))
		g.Wall = g.Table
		return g
	}
	g.Kind = []GroundKind{Wood, Cloth, Stone}[rng.IntN(3)]
	switch g.Kind {
	case Wood:
		g.Table = mixColor(mesh.Color{R: 0.50, G: 0.31, B: 0.16}, mesh.Color{R: 0.72, G: 0.57, B: 0.40}, rng.Float64())
		g.Second = scaleColor(g.Table, between(0.45, 0.7))
	case Cloth:
		g.Table = hue(rng.Float64(), between(0.1, 0.6), between(0.15, 0.7))
		g.Second = scaleColor(g.Table, between(0.6, 0.85))
	case Stone:
		v := between(0.2, 0.75)
		g.Table = mesh.Color{R: v, G: v * 0.98, B: v * 0.95}
		g.Second = scaleColor(g.Table, between(0.5, 1.4))
	}
	g.Wall = hue(rng.Float64(), between(0, 0.3), between(0.3, 0.85))
	return g
}

// hue converts hue, saturation and value (0..1) to linear RGB.
func hue(h, s, v float64) mesh.Color {
	channel := func(shift float64) float64 {
		k := math.Mod(h*6+shift, 6)
		return v * (1 - s*max(0, min(k, 4-k, 1)))
	}
	return mesh.Color{R: channel(5), G: channel(3), B: channel(1)}
}

// color returns the table's colour at a place in units of the product's radius.
func (g Ground) color(x, y float64, seed uint64) mesh.Color {
	sin, cos := math.Sincos(g.Turn)
	u, v := (x*cos+y*sin)*g.Scale, (y*cos-x*sin)*g.Scale
	switch g.Kind {
	case Wood:
		plank := math.Floor(v * 0.6)
		grain := noise(u*0.35+plank*7.3, v*6, seed) + 0.4*noise(u*2, v*30, seed)
		tone := 0.5 + 0.5*noise(plank*3.1, 0.5, seed)
		gap := 1 - 0.6*smooth(0.47, 0.5, math.Abs(v*0.6-plank-0.5))
		return scaleColor(mixColor(g.Table, g.Second, min(1, max(0, 0.35*tone+0.5*grain))), gap)
	case Cloth:
		weave := 0.5 + 0.25*math.Sin(u*40) + 0.25*math.Sin(v*40)
		return mixColor(g.Table, g.Second, 0.6*weave+0.4*noise(u, v, seed))
	case Stone:
		n := noise(u*1.5, v*1.5, seed)*0.6 + noise(u*9, v*9, seed)*0.3 + noise(u*37, v*37, seed)*0.3
		return mixColor(g.Table, g.Second, min(1, max(0, n)))
	}
	return g.Table
}

// noise is value noise in 0..1: random values on a grid, smoothly mixed.
func noise(x, y float64, seed uint64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int64(fx), int64(fy)
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	at := func(i, j int64) float64 {
		h := uint64(i)*0x9e3779b97f4a7c15 ^ uint64(j)*0xc2b2ae3d27d4eb4f ^ seed
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
		return float64(h>>11) / (1 << 53)
	}
	top := at(ix, iy) + (at(ix+1, iy)-at(ix, iy))*tx
	bottom := at(ix, iy+1) + (at(ix+1, iy+1)-at(ix, iy+1))*tx
	return top + (bottom-top)*ty
}
