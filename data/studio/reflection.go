package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// reflection is the product as a polished floor or table shows it: drawn a second time,
// upside down, a sample a pixel.
type reflection struct {
	width, height int
	planes        [4][]float32 // R, G, B, all times how much is there, and that
}

// leastGloss is of floors that show reflections at all.
const leastGloss = 0.2

// reflect draws the product upside down below the floor; nil where no floor shows it.
func (p *picture) reflect() *reflection {
	s := p.scene
	if s.room.Floor.Gloss < leastGloss || s.room.Below > 0 || s.room.Rug != nil {
		return nil
	}
	w, h := p.width/supersample, p.height/supersample
	cam := p.cam
	cam.focal, cam.cx, cam.cy = cam.focal/supersample, cam.cx/supersample, cam.cy/supersample
	f := frame{width: w, height: h, samples: make([]sample, w*h)}
	for i := range p.m.Parts {
		part := &p.m.Parts[i]
		if seeThrough(part) {
			continue
		}
		screens := make([]screen, len(part.Vertices))
		for k, v := range part.Vertices {
			v.Z = 2*s.floorZ - v.Z
			x, y, depth := cam.project(v)
			screens[k] = screen{x, y, 1 / depth}
		}
		f.draw(int32(i), part.Triangles, screens, nil)
	}
	below := p.cam.eye
	below.Z = 2*s.floorZ - below.Z
	toEye := func(at mesh.Vec) mesh.Vec { return below.Sub(at).Unit() }
	r := &reflection{width: w, height: h}
	for c := range r.planes {
		r.planes[c] = make([]float32, w*h)
	}
	for i, c := range f.samples {
		if c.invDepth == 0 || p.samples[(i/w*supersample)*p.width+i%w*supersample].invDepth > 0 {
			continue // nothing, or the product itself is before it
		}
		at := c.at(p.m, toEye)
		light, open := s.light.at(at.position, at.normal, 4, i&3, i&15, 1, -1)
		light = addColor(light, s.light.lampsAt(at.position, at.normal, true))
		color := s.light.shade(at, p.base(c, at), toEye(at.position), light, open)
		// The higher above the floor, the more a surface that is not quite even scatters.
		there := float32(math.Exp(-(at.position.Z - s.floorZ) / (1.1 * s.radius)))
		for k, v := range [4]float64{color.R, color.G, color.B, 1} {
			r.planes[k][i] = there * float32(v)
		}
	}
	soft := max(1, w/160)
	for c := range r.planes {
		r.planes[c] = boxBlur(boxBlur(r.planes[c], w, h, soft), w, h, soft)
	}
	return r
}

// at is the reflection behind a sample and how much of it is there.
func (r *reflection) at(x, y float64) (mesh.Color, float64) {
	if r == nil {
		return mesh.Color{}, 0
	}
	i, j := int(x)/supersample, int(y)/supersample
	if i < 0 || j < 0 || i >= r.width || j >= r.height {
		return mesh.Color{}, 0
	}
	k := j*r.width + i
	return mesh.Color{R: float64(r.planes[0][k]), G: float64(r.planes[1][k]), B: float64(r.planes[2][k])},
		float64(r.planes[3][k])
}
