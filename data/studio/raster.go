package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// sample is what the rasteriser leaves in a pixel: which triangle is nearest and
// where in it. Shading comes afterwards, once a pixel.
type sample struct {
	invDepth float32 // 1 / depth; 0: nothing
	part     int32
	triangle int32
	b1, b2   float32 // perspective-correct weights of the second and third corner
}

// frame is a picture in the making.
type frame struct {
	width, height int
	samples       []sample
	hole          func(s sample) bool // nil: no surface has holes
}

// screen is a projected vertex.
type screen struct{ x, y, inv float64 }

// project maps a part's vertices to the screen.
func project(c camera, p *mesh.Part) []screen {
	out := make([]screen, len(p.Vertices))
	for i, v := range p.Vertices {
		x, y, depth := c.project(v)
		out[i] = screen{x, y, 1 / depth}
	}
	return out
}

// draw rasterises one part into the z-buffer; emit, if not nil, gets each visible
// pixel instead of its being stored, for surfaces that are seen through.
func (f *frame) draw(part int32, triangles [][3]int32, vertices []screen, emit func(pixel int, s sample)) {
	for t, tri := range triangles {
		a, b, c := vertices[tri[0]], vertices[tri[1]], vertices[tri[2]]
		area := (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x)
		if area == 0 || math.IsNaN(area) {
			continue
		}
		x0 := max(0, int(math.Ceil(min(a.x, b.x, c.x)-0.5)))
		x1 := min(f.width-1, int(math.Floor(max(a.x, b.x, c.x)-0.5)))
		y0 := max(0, int(math.Ceil(min(a.y, b.y, c.y)-0.5)))
		y1 := min(f.height-1, int(math.Floor(max(a.y, b.y, c.y)-0.5)))
		inverse := 1 / area
		// Weights are linear on the screen: their steps to the right are constant.
		stepB := (c.y - a.y) * inverse
		stepC := -(b.y - a.y) * inverse
		for y := y0; y <= y1; y++ {
			py := float64(y) + 0.5
			px := float64(x0) + 0.5
			wb := ((px-a.x)*(c.y-a.y) - (py-a.y)*(c.x-a.x)) * inverse
			wc := ((b.x-a.x)*(py-a.y) - (b.y-a.y)*(px-a.x)) * inverse
			row := y * f.width
			for x := x0; x <= x1; x, wb, wc = x+1, wb+stepB, wc+stepC {
				wa := 1 - wb - wc
				if wa < 0 || wb < 0 || wc < 0 {
					continue
				}
				inv := wa*a.inv + wb*b.inv + wc*c.inv
				if float32(inv) <= f.samples[row+x].invDepth {
					continue
				}
				s := sample{float32(inv), part, int32(t), float32(wb * b.inv / inv), float32(wc * c.inv / inv)}
				if f.hole != nil && f.hole(s) {
					continue
				}
				if emit != nil {
					emit(row+x, s)
				} else {
					f.samples[row+x] = s
				}
			}
		}
	}
}

// surface is a shaded point.
type surface struct {
	position, normal mesh.Vec
	material         *mesh.Material
}

// at finds the point of the product that a sample saw. Normals face the camera.
func (s sample) at(m *mesh.Mesh, toEye func(p mesh.Vec) mesh.Vec) surface {
	p := &m.Parts[s.part]
	tri := p.Triangles[s.triangle]
	b1, b2 := float64(s.b1), float64(s.b2)
	b0 := 1 - b1 - b2
	mix := func(v []mesh.Vec) mesh.Vec {
		return v[tri[0]].Scale(b0).Add(v[tri[1]].Scale(b1)).Add(v[tri[2]].Scale(b2))
	}
	out := surface{position: mix(p.Vertices), material: &p.Material}
	if p.Normals != nil {
		out.normal = mix(p.Normals).Unit()
	} else {
		a, b, c := p.Vertices[tri[0]], p.Vertices[tri[1]], p.Vertices[tri[2]]
		out.normal = b.Sub(a).Cross(c.Sub(a)).Unit()
	}
	if out.normal.Dot(toEye(out.position)) < 0 {
		out.normal = out.normal.Scale(-1)
	}
	return out
}
