package studio

import "github.com/gopvs/product-visual-search/data/mesh"

// cells keep the light on a plane, which changes little from pixel to pixel: it is worked
// out where it is first asked for, in a grid around the foot of the product.
type cells struct {
	compute func(u, v float64, jitter int) (mesh.Color, float64)
	u0, v0  float64
	size    float64
	n       int
	values  []cellValue
}

// cellValue is the light and the open share of the sky at a corner of the grid.
type cellValue struct {
	r, g, b, open float32
	known         bool
}

// newCells covers a square around (u, v) in cells of a size. Outside, where the product
// shades nothing, compute is asked each time, with the jitter -1.
func newCells(u, v, reach, size float64, compute func(u, v float64, jitter int) (mesh.Color, float64)) *cells {
	n := min(1200, int(2*reach/size)+2)
	return &cells{compute: compute, u0: u - reach, v0: v - reach, size: 2 * reach / float64(n-2), n: n,
		values: make([]cellValue, n*n)}
}

// at interpolates between the corners of a cell.
func (c *cells) at(u, v float64) (mesh.Color, float64) {
	x, y := (u-c.u0)/c.size, (v-c.v0)/c.size
	if !(x >= 0 && y >= 0 && x < float64(c.n-1) && y < float64(c.n-1)) {
		return c.compute(u, v, -1)
	}
	i, j := int(x), int(y)
	tx, ty := float32(x-float64(i)), float32(y-float64(j))
	a, b, d, e := c.corner(i, j), c.corner(i+1, j), c.corner(i, j+1), c.corner(i+1, j+1)
	wa, wb, wd, we := (1-tx)*(1-ty), tx*(1-ty), (1-tx)*ty, tx*ty
	return mesh.Color{R: float64(wa*a.r + wb*b.r + wd*d.r + we*e.r), G: float64(wa*a.g + wb*b.g + wd*d.g + we*e.g),
		B: float64(wa*a.b + wb*b.b + wd*d.b + we*e.b)}, float64(wa*a.open + wb*b.open + wd*d.open + we*e.open)
}

// corner works a corner out once.
func (c *cells) corner(i, j int) *cellValue {
	v := &c.values[j*c.n+i]
	if !v.known {
		light, open := c.compute(c.u0+float64(i)*c.size, c.v0+float64(j)*c.size, i&3+4*(j&3))
		*v = cellValue{float32(light.R), float32(light.G), float32(light.B), float32(open), true}
	}
	return v
}
