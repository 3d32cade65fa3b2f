package studio

import "github.com/gopvs/product-visual-search/data/mesh"

// shadow is the product's shadow on the ground: its triangles projected along the key
// light onto a grid, softened.
type shadow struct {
	mask         []float32 // shadowSide x shadowSide, 0 lit to 1 dark
	centre       mesh.Vec
	scale        float64 // grid cells a unit
	radius, base float64
}

const shadowSide = 128

// castShadow projects onto the plane z = base.
func castShadow(m *mesh.Mesh, light, centre mesh.Vec, radius, base float64) *shadow {
	s := &shadow{mask: make([]float32, shadowSide*shadowSide), centre: centre, radius: radius, base: base}
	const reach = 3.2 // radii to each side
	s.scale = shadowSide / 2 / (reach * radius)
	f := frame{width: shadowSide, height: shadowSide, samples: make([]sample, shadowSide*shadowSide)}
	slopeX, slopeY := light.X/light.Z, light.Y/light.Z
	for i := range m.Parts {
		p := &m.Parts[i]
		flat := make([]screen, len(p.Vertices))
		for j, v := range p.Vertices {
			h := v.Z - base
			x, y := s.cell(v.X-h*slopeX, v.Y-h*slopeY)
			flat[j] = screen{x, y, 1}
		}
		f.draw(int32(i), p.Triangles, flat, nil)
	}
	for i, c := range f.samples {
		if c.invDepth > 0 {
			s.mask[i] = 1
		}
	}
	for range 3 { // three box filters are nearly a Gaussian
		s.mask = boxBlur(s.mask, shadowSide, shadowSide, 2)
	}
	return s
}

func (s *shadow) cell(x, y float64) (float64, float64) {
	return shadowSide/2 + (x-s.centre.X)*s.scale, shadowSide/2 + (y-s.centre.Y)*s.scale
}

// at returns the darkness at a place of the ground.
func (s *shadow) at(x, y float64) float64 {
	cx, cy := s.cell(x, y)
	i, j := int(cx), int(cy)
	if i < 0 || j < 0 || i >= shadowSide-1 || j >= shadowSide-1 {
		return 0
	}
	tx, ty := cx-float64(i), cy-float64(j)
	at := func(i, j int) float64 { return float64(s.mask[j*shadowSide+i]) }
	top := at(i, j)*(1-tx) + at(i+1, j)*tx
	return top*(1-ty) + (at(i, j+1)*(1-tx)+at(i+1, j+1)*tx)*ty
}

// boxBlur averages over (2r+1) x (2r+1) cells, those beyond the edge being 0.
func boxBlur(src []float32, width, height, r int) []float32 {
	pass := func(src []float32, n, step, lines, lineStep int) []float32 {
		dst := make([]float32, len(src))
		for l := range lines {
			var sum float32
			at := func(i int) float32 {
				if i < 0 || i >= n {
					return 0
				}
				return src[l*lineStep+i*step]
			}
			for i := -r; i < r; i++ {
				sum += at(i)
			}
			for i := range n {
				sum += at(i+r) - at(i-r-1)
				dst[l*lineStep+i*step] = sum / float32(2*r+1)
			}
		}
		return dst
	}
	return pass(pass(src, width, 1, height, width), height, width, width, 1)
}
