package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// lightMap tells which points a far light in one direction reaches: the nearest surface
// to the light, in an orthographic view of the product (Williams 1978).
type lightMap struct {
	toLight, a, b mesh.Vec // unit length, at right angles
	centre        mesh.Vec
	side          int
	scale         float64 // texels a unit
	near          []float32
}

// empty is farther from the light than anything.
const empty = -math.MaxFloat32

// newLightMap has room for a sphere around the centre.
func newLightMap(toLight, centre mesh.Vec, radius float64, side int) *lightMap {
	m := &lightMap{toLight: toLight, centre: centre, side: side, scale: float64(side) / 2 / radius}
	m.a = toLight.Cross(mesh.Vec{Z: 1})
	if m.a.Len() < 1e-3 {
		m.a = mesh.Vec{X: 1}
	}
	m.a = m.a.Unit()
	m.b = toLight.Cross(m.a)
	m.near = make([]float32, side*side)
	for i := range m.near {
		m.near[i] = empty
	}
	return m
}

// cell is a point's place on the map, and its height towards the light.
func (m *lightMap) cell(p mesh.Vec) (x, y, height float64) {
	d := p.Sub(m.centre)
	half := float64(m.side) / 2
	return half + d.Dot(m.a)*m.scale, half + d.Dot(m.b)*m.scale, d.Dot(m.toLight)
}

// draw adds a part. Solid tells whether a triangle's point stops light; nil: all do.
func (m *lightMap) draw(p *mesh.Part, solid func(triangle int, b1, b2 float64) bool) {
	type flat struct{ x, y, z float64 }
	points := make([]flat, len(p.Vertices))
	for i, v := range p.Vertices {
		x, y, z := m.cell(v)
		points[i] = flat{x, y, z}
	}
	for i, t := range p.Triangles {
		a, b, c := points[t[0]], points[t[1]], points[t[2]]
		area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
		if area == 0 || math.IsNaN(area) {
			continue
		}
		x0, x1 := max(0, int(math.Ceil(min(a.x, b.x, c.x)-0.5))), min(m.side-1, int(math.Floor(max(a.x, b.x, c.x)-0.5)))
		y0, y1 := max(0, int(math.Ceil(min(a.y, b.y, c.y)-0.5))), min(m.side-1, int(math.Floor(max(a.y, b.y, c.y)-0.5)))
		if x0 > x1 || y0 > y1 {
			continue
		}
		inverse := 1 / area
		stepB, stepC := (c.y-a.y)*inverse, -(b.y-a.y)*inverse
		slope := stepB*(b.z-a.z) + stepC*(c.z-a.z)
		for y := y0; y <= y1; y++ {
			px, py := float64(x0)+0.5, float64(y)+0.5
			wb := ((px-a.x)*(c.y-a.y) - (py-a.y)*(c.x-a.x)) * inverse
			wc := ((b.x-a.x)*(py-a.y) - (b.y-a.y)*(px-a.x)) * inverse
			z := a.z + wb*(b.z-a.z) + wc*(c.z-a.z)
			row := m.near[y*m.side : (y+1)*m.side]
			for x := x0; x <= x1; x, wb, wc, z = x+1, wb+stepB, wc+stepC, z+slope {
				if wb < 0 || wc < 0 || wb+wc > 1 || float32(z) <= row[x] {
					continue
				}
				if solid != nil && !solid(i, wb, wc) {
					continue
				}
				row[x] = float32(z)
			}
		}
	}
}

// lit is 1 where the light arrives, 0 where it does not; jitter moves the look-up by
// texels, so that what many lights and pixels see averages to a soft edge.
func (m *lightMap) lit(p mesh.Vec, jitterX, jitterY float64) float64 {
	x, y, height := m.cell(p)
	x, y = x+jitterX, y+jitterY
	if x < 0 || y < 0 || x >= float64(m.side) || y >= float64(m.side) {
		return 1
	}
	near := float64(m.near[int(y)*m.side+int(x)])
	// A surface's own texels reach up to a texel above it.
	return 1 - min(1, max(0, (near-height)*m.scale-0.6))
}

// caster is a part that stops light.
type caster struct {
	part  *mesh.Part
	solid func(triangle int, b1, b2 float64) bool
}

// casters are the parts of a product that are not seen through.
func casters(m *mesh.Mesh) []caster {
	var out []caster
	for i := range m.Parts {
		p := &m.Parts[i]
		if o := p.Material.Opacity; o > 0 && o < 0.75 {
			continue
		}
		c := caster{part: p}
		if img := p.Material.Image; img != nil && img.Holes() {
			width, _ := img.Size()
			c.solid = func(t int, b1, b2 float64) bool {
				_, opacity := img.At(p.UVAt(t, b1, b2), float64(width)/128)
				return opacity > 0.4
			}
		}
		out = append(out, c)
	}
	return out
}

// domeSize directions in the upper half, on a spiral that spaces them evenly.
const (
	domeSize  = 32
	domeSide  = 96
	keyColumn = 6
	keyRow    = 4
	keySide   = 144
	sunSide   = 288
)

// dome is what all photos of a product share: where light from each side arrives.
type dome struct {
	casters []caster
	centre  mesh.Vec
	radius  float64
	maps    []*lightMap
}

func newDome(m *mesh.Mesh, centre mesh.Vec, radius float64) *dome {
	d := &dome{casters: casters(m), centre: centre, radius: radius}
	golden := math.Pi * (3 - math.Sqrt(5))
	for i := range domeSize {
		z := (float64(i) + 0.5) / domeSize
		sin, cos := math.Sincos(float64(i) * golden)
		r := math.Sqrt(1 - z*z)
		d.maps = append(d.maps, d.mapTo(mesh.Vec{X: r * cos, Y: r * sin, Z: z}, domeSide))
	}
	return d
}

// mapTo draws the map of a direction.
func (d *dome) mapTo(toLight mesh.Vec, side int) *lightMap {
	l := newLightMap(toLight, d.centre, d.radius*1.01, side)
	for _, c := range d.casters {
		l.draw(c.part, c.solid)
	}
	return l
}
