package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// lightMap tells which points a far light in one direction reaches: the nearest surface
// to the light, in an orthographic view of the product (Williams 1978). Heights, too, are
// in texels.
type lightMap struct {
	toLight mesh.Vec
	rows    [3][4]float64 // x, y and height of a point: three factors and a constant
	side    int
	near    []float32
	spacing float64 // texels between this light's view and its neighbours', a texel farther on
	covered []int32 // texels that the product covers, above and to the left (a summed-area table, Crow 1984)
}

// widest is the radius, in texels, of the softest shadows on planes.
const widest = 9

// empty is farther from the light than anything.
const empty = -math.MaxFloat32

// newLightMap has room for a sphere around the centre.
func newLightMap(toLight, centre mesh.Vec, radius float64, side int) *lightMap {
	a := toLight.Cross(mesh.Vec{Z: 1})
	if a.Len() < 1e-3 {
		a = mesh.Vec{X: 1}
	}
	a = a.Unit()
	m := &lightMap{toLight: toLight, side: side, near: make([]float32, side*side)}
	scale := float64(side) / 2 / radius
	for i, axis := range [3]mesh.Vec{a, toLight.Cross(a), toLight} {
		axis = axis.Scale(scale)
		m.rows[i] = [4]float64{axis.X, axis.Y, axis.Z, -axis.Dot(centre)}
		if i < 2 {
			m.rows[i][3] += float64(side) / 2
		}
	}
	for i := range m.near {
		m.near[i] = empty
	}
	return m
}

// cell is a point's place on the map, and its height towards the light.
func (m *lightMap) cell(p mesh.Vec) (x, y, height float64) {
	r := &m.rows
	return r[0][0]*p.X + r[0][1]*p.Y + r[0][2]*p.Z + r[0][3], r[1][0]*p.X + r[1][1]*p.Y + r[1][2]*p.Z + r[1][3],
		r[2][0]*p.X + r[2][1]*p.Y + r[2][2]*p.Z + r[2][3]
}

// flat is a point on a map.
type flat struct{ x, y, z float64 }

// draw adds a part. Solid tells whether a triangle's point stops light; nil: all do.
// Points is room to work in.
func (m *lightMap) draw(p *mesh.Part, solid func(triangle int, b1, b2 float64) bool, points []flat) []flat {
	points = points[:0]
	for _, v := range p.Vertices {
		x, y, z := m.cell(v)
		points = append(points, flat{x, y, z})
	}
	last := float64(m.side - 1)
	for i, t := range p.Triangles {
		a, b, c := &points[t[0]], &points[t[1]], &points[t[2]]
		// Most triangles are small: without the middle of a texel in their box they are done.
		fx0, fx1 := math.Ceil(max(0, min(a.x, b.x, c.x)-0.5)), math.Floor(min(last, max(a.x, b.x, c.x)-0.5))
		fy0, fy1 := math.Ceil(max(0, min(a.y, b.y, c.y)-0.5)), math.Floor(min(last, max(a.y, b.y, c.y)-0.5))
		if !(fx0 <= fx1 && fy0 <= fy1) {
			continue
		}
		area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
		if area == 0 {
			continue
		}
		x0, x1, y0, y1 := int(fx0), int(fx1), int(fy0), int(fy1)
		inverse := 1 / area
		stepB, stepC := (c.y-a.y)*inverse, -(b.y-a.y)*inverse
		stepZ := stepB*(b.z-a.z) + stepC*(c.z-a.z)
		for y := y0; y <= y1; y++ {
			px, py := fx0+0.5, float64(y)+0.5
			wb := ((px-a.x)*(c.y-a.y) - (py-a.y)*(c.x-a.x)) * inverse
			wc := ((b.x-a.x)*(py-a.y) - (b.y-a.y)*(px-a.x)) * inverse
			z := a.z + wb*(b.z-a.z) + wc*(c.z-a.z)
			row := m.near[y*m.side : (y+1)*m.side]
			for x := x0; x <= x1; x, wb, wc, z = x+1, wb+stepB, wc+stepC, z+stepZ {
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
	return points
}

// lit is 1 where the light arrives, 0 where it does not; jitter moves the look-up by
// texels, so that what many lights and pixels see averages to a soft edge.
func (m *lightMap) lit(p mesh.Vec, jitter *[2]float64) float64 {
	r := &m.rows
	x := int(r[0][0]*p.X + r[0][1]*p.Y + r[0][2]*p.Z + r[0][3] + jitter[0])
	y := int(r[1][0]*p.X + r[1][1]*p.Y + r[1][2]*p.Z + r[1][3] + jitter[1])
	if uint(x) >= uint(m.side) || uint(y) >= uint(m.side) {
		return 1
	}
	near := float64(m.near[y*m.side+x])
	// A surface's own texels reach up to a texel above it.
	above := near - (r[2][0]*p.X + r[2][1]*p.Y + r[2][2]*p.Z + r[2][3]) - 0.6
	switch {
	case above <= 0:
		return 1
	case above >= 1:
		return 0
	}
	return 1 - above
}

// soften prepares the shadows on planes, which have all of the product before them: what
// it covers, softened, stands for the lights between this one and its neighbours.
// Spacing is the angle to those in radians.
func (m *lightMap) soften(spacing float64) {
	m.spacing = spacing * float64(m.side) / 2
	wide := m.side + 1
	m.covered = make([]int32, wide*wide)
	for y := range m.side {
		row, above, below := m.near[y*m.side:], m.covered[y*wide:], m.covered[(y+1)*wide:]
		sum := int32(0)
		for x := range m.side {
			if row[x] > empty {
				sum++
			}
			below[x+1] = above[x+1] + sum
		}
	}
}

// shadow is the share of the light that the product keeps from a point of a plane; away
// is the distance from the product to it in radii.
func (m *lightMap) shadow(p mesh.Vec, away float64, jitter *[2]float64) float64 {
	r := &m.rows
	x := int(r[0][0]*p.X + r[0][1]*p.Y + r[0][2]*p.Z + r[0][3] + 0.7*jitter[0])
	y := int(r[1][0]*p.X + r[1][1]*p.Y + r[1][2]*p.Z + r[1][3] + 0.7*jitter[1])
	wide := int(min(widest, away*m.spacing) + 0.5)
	if x < -wide || y < -wide || x >= m.side+wide || y >= m.side+wide {
		return 0
	}
	x0, x1 := max(0, x-wide), min(m.side, x+wide+1)
	y0, y1 := max(0, y-wide)*(m.side+1), min(m.side, y+wide+1)*(m.side+1)
	c := m.covered
	side := 2*wide + 1
	return float64(c[y1+x1]-c[y1+x0]-c[y0+x1]+c[y0+x0]) / float64(side*side)
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
	keyColumn = 4
	keyRow    = 3
	keySide   = 128
	sunSide   = 288
)

// dome is what all photos of a product share: where light from each side arrives.
type dome struct {
	casters []caster
	points  []flat // room to work in, and for the photos' samples
	samples []sample
	linear  []mesh.Color
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
		m := d.mapTo(mesh.Vec{X: r * cos, Y: r * sin, Z: z}, domeSide)
		m.soften(0.22) // half of the angle between neighbours
		d.maps = append(d.maps, m)
	}
	return d
}

// mapTo draws the map of a direction.
func (d *dome) mapTo(toLight mesh.Vec, side int) *lightMap {
	l := newLightMap(toLight, d.centre, d.radius*1.01, side)
	for _, c := range d.casters {
		d.points = l.draw(c.part, c.solid, d.points)
	}
	return l
}
