package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Lamp is a source of light in a product, which photos may show lit.
type Lamp struct {
	At    mesh.Vec   // in the product's space
	Color mesh.Color // its largest channel is 1
}

// lampsAt is the light of the product's own lamps. Shades let it through, so what faces
// away is lit, too; walls are lit as if nothing stood between.
func (l *roomLight) lampsAt(p, normal mesh.Vec, own bool) (light mesh.Color) {
	if l.room.Lit == 0 {
		return light
	}
	reach := 0.6 * l.radius
	share := 1 / math.Sqrt(float64(len(l.room.Lamps)))
	for _, lamp := range l.room.Lamps {
		d := lamp.At.Sub(p)
		far2 := d.Dot(d)
		c := normal.Dot(d) / math.Sqrt(far2+1e-9)
		if own {
			c = 0.35 + 0.65*math.Abs(c)
		}
		if c > 0 {
			e := min(1.5, reach*reach/(far2+0.04*l.radius*l.radius))
			light = addColor(light, scaleColor(lamp.Color, c*e*l.room.Lit*share))
		}
	}
	return light
}

// glow spreads what is brighter than white over its surroundings, as lenses do.
func (p *picture) glow(exposure float64) {
	const cell = 8 // samples
	w, h := (p.width+cell-1)/cell, (p.height+cell-1)/cell
	var over [3][]float32
	for c := range over {
		over[c] = make([]float32, w*h)
	}
	for y := range p.height {
		for x := range p.width {
			v := scaleColor(p.linear[y*p.width+x], exposure)
			if extra := max(v.R, v.G, v.B) - 0.9; extra > 0 {
				k := min(2, extra) / (cell * cell)
				i := y/cell*w + x/cell
				over[0][i] += float32(k * v.R)
				over[1][i] += float32(k * v.G)
				over[2][i] += float32(k * v.B)
			}
		}
	}
	r := max(1, min(w, h)/14)
	for c := range over {
		for range 3 {
			over[c] = boxBlur(over[c], w, h, r)
		}
	}
	const share = 0.5
	for y := range p.height {
		fy := min(float64(h-1), max(0, (float64(y)+0.5)/cell-0.5))
		j := min(h-2, int(fy))
		for x := range p.width {
			fx := min(float64(w-1), max(0, (float64(x)+0.5)/cell-0.5))
			i := min(w-2, int(fx))
			tx, ty := float32(fx-float64(i)), float32(fy-float64(j))
			mix := func(plane []float32) float64 {
				a := plane[max(0, j)*w+max(0, i):]
				top := a[0] + (a[1]-a[0])*tx
				bottom := a[w] + (a[w+1]-a[w])*tx
				return float64(top + (bottom-top)*ty)
			}
			add := mesh.Color{R: mix(over[0]), G: mix(over[1]), B: mix(over[2])}
			p.linear[y*p.width+x] = addColor(p.linear[y*p.width+x], scaleColor(add, share/exposure))
		}
	}
}
