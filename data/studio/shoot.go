package studio

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// supersample is the side of the block of samples that makes a pixel.
const supersample = 2

// Shoot takes one photo. An empty mesh and a photo without pixels are errors.
func Shoot(m *mesh.Mesh, s Shot) (*image.NRGBA, error) {
	var d *dome
	return shoot(m, s, &d)
}

// shoot takes one photo of several of a mesh, which share the dome.
func shoot(m *mesh.Mesh, s Shot, d **dome) (*image.NRGBA, error) {
	lo, hi, ok := m.Bounds()
	size := hi.Sub(lo).Len()
	if !ok || !(size > 0) || math.IsInf(size, 0) {
		return nil, errors.New("the product has no shape to photograph")
	}
	if s.Width < 8 || s.Height < 8 || s.Width > 1<<14 || s.Height > 1<<14 {
		return nil, fmt.Errorf("a photo of %d x %d pixels cannot be taken", s.Width, s.Height)
	}
	center := lo.Add(hi).Scale(0.5)
	radius := reach(m, center)
	if s.Room != nil {
		if *d == nil {
			*d = newDome(m, center, radius)
		}
		return shootInRoom(m, *d, s, lo, hi), nil
	}
	w, h := supersample*s.Width, supersample*s.Height
	cam := aim(s, center, radius, w, h)
	f := frame{width: w, height: h, samples: make([]sample, w*h)}
	linear := s.background(m, cam, center, radius, lo.Z)
	toEye := func(p mesh.Vec) mesh.Vec { return cam.eye.Sub(p).Unit() }
	var glass []int
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Material.Opacity > 0 && p.Material.Opacity < 1 {
			glass = append(glass, i)
			continue
		}
		f.draw(int32(i), p.Triangles, project(cam, p), nil)
	}
	for i, c := range f.samples {
		if c.invDepth > 0 {
			p := c.at(m, toEye)
			linear[i] = s.shade(p, toEye(p.position))
		}
	}
	f.drawGlass(m, glass, cam, s, linear, toEye)
	return s.develop(linear, w, h), nil
}

// reach is the distance of the farthest vertex from the centre.
func reach(m *mesh.Mesh, center mesh.Vec) float64 {
	r := 0.0
	for _, p := range m.Parts {
		for _, v := range p.Vertices {
			r = max(r, v.Sub(center).Len())
		}
	}
	return r
}

// drawGlass mixes transparent surfaces over what is behind them, farthest first.
func (f *frame) drawGlass(m *mesh.Mesh, parts []int, cam camera, s Shot, linear []mesh.Color,
	toEye func(mesh.Vec) mesh.Vec) {
	projected := make([][]screen, len(m.Parts))
	for _, i := range parts {
		projected[i] = project(cam, &m.Parts[i])
	}
	for _, p := range panesOf(m, parts, projected) {
		part := &m.Parts[p.part]
		f.draw(int32(p.part), part.Triangles[p.triangle:p.triangle+1], projected[p.part], func(pixel int, c sample) {
			c.triangle = int32(p.triangle)
			at := c.at(m, toEye)
			eye := toEye(at.position)
			// Glass is clear where it is looked through and bright at its edges.
			edge := 1 - max(0, at.normal.Dot(eye))
			opacity := part.Material.Opacity + (1-part.Material.Opacity)*0.6*edge*edge*edge
			linear[pixel] = mixColor(linear[pixel], s.shade(at, eye), opacity)
		})
	}
}

// background paints table, wall and shadow behind everything.
func (s Shot) background(m *mesh.Mesh, cam camera, center mesh.Vec, radius, base float64) []mesh.Color {
	w, h := supersample*s.Width, supersample*s.Height
	out := make([]mesh.Color, w*h)
	var sh *shadow
	if !s.Floating {
		sh = castShadow(m, s.Key.Direction, center, radius, base)
	}
	level := s.Ambient + 0.8*s.Key.Color.G*max(0.2, s.Key.Direction.Z)
	light := scaleColor(mixColor(mesh.Color{R: 1, G: 1, B: 1}, scaleColor(s.Key.Color, 1/s.Key.Color.G), 0.6), level)
	for y := 0; y < h; y += supersample {
		for x := 0; x < w; x += supersample {
			c := s.backdrop(cam, sh, center, radius, base, float64(x)+1, float64(y)+1, float64(y)/float64(h))
			c = mulColor(c, light)
			out[y*w+x], out[y*w+x+1], out[(y+1)*w+x], out[(y+1)*w+x+1] = c, c, c, c
		}
	}
	return out
}

// backdrop is the colour behind a pixel before it is lit; down goes from 0 at the top
// of the picture to 1.
func (s Shot) backdrop(cam camera, sh *shadow, center mesh.Vec, radius, base, x, y, down float64) mesh.Color {
	g := s.Ground
	wall := g.Wall
	if g.Kind == Gradient {
		wall = mixColor(g.Second, g.Table, smooth(0, 1, down))
	}
	if sh == nil { // the product floats before a surface that is seen straight on
		if g.Kind == Sweep || g.Kind == Gradient {
			return wall
		}
		return g.color((x-cam.cx)/cam.focal*6, (y-cam.cy)/cam.focal*6, s.Seed)
	}
	ray := cam.ray(x, y)
	if ray.Z > -1e-4 {
		return wall
	}
	t := (base - cam.eye.Z) / ray.Z
	p := cam.eye.Add(ray.Scale(t))
	dx, dy := (p.X-center.X)/radius, (p.Y-center.Y)/radius
	table := g.Table
	if g.Kind == Gradient {
		table = wall
	} else if g.Kind != Sweep {
		table = g.color(dx, dy, s.Seed)
	}
	// The table ends in the wall some radii behind the product.
	away := math.Hypot(dx, dy)
	c := mixColor(table, wall, smooth(5, 9, away))
	return scaleColor(c, 1-s.Shadow*sh.at(p.X, p.Y))
}

// develop averages the samples, blurs, adds noise and converts to 8-bit sRGB.
func (s Shot) develop(linear []mesh.Color, w, h int) *image.NRGBA {
	n := s.Width * s.Height
	planes := [3][]float32{make([]float32, n), make([]float32, n), make([]float32, n)}
	for y := range s.Height {
		for x := range s.Width {
			var sum mesh.Color
			for dy := range supersample {
				for dx := range supersample {
					sum = addColor(sum, linear[(supersample*y+dy)*w+supersample*x+dx])
				}
			}
			sum = scaleColor(sum, s.Exposure/(supersample*supersample))
			i := y*s.Width + x
			planes[0][i], planes[1][i], planes[2][i] = float32(sum.R), float32(sum.G), float32(sum.B)
		}
	}
	encode := srgb
	if s.Room != nil {
		encode = filmic
	}
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	out := image.NewNRGBA(image.Rect(0, 0, s.Width, s.Height))
	for c := range planes {
		plane := planes[c]
		if s.Blur > 0.1 {
			plane = gaussian(plane, s.Width, s.Height, s.Blur)
		}
		for i, v := range plane {
			shown := encode(float64(v))
			if s.Noise > 0 {
				shown += s.Noise * rng.NormFloat64()
			}
			out.Pix[4*i+c] = uint8(255*min(1, max(0, shown)) + 0.5)
		}
	}
	for i := range n {
		out.Pix[4*i+3] = 255
	}
	return out
}

// srgb encodes linear light with a soft shoulder instead of clipping.
func srgb(v float64) float64 {
	if v > 0.8 {
		v = 0.8 + 0.2*(1-math.Exp(-(v-0.8)/0.2))
	}
	return srgb0(v)
}

// gaussian blurs with a small separable kernel; beyond the edge the edge goes on.
func gaussian(src []float32, width, height int, sigma float64) []float32 {
	r := int(math.Ceil(2.5 * sigma))
	kernel := make([]float32, 2*r+1)
	var sum float32
	for i := range kernel {
		kernel[i] = float32(math.Exp(-float64((i-r)*(i-r)) / (2 * sigma * sigma)))
		sum += kernel[i]
	}
	pass := func(src []float32, n, step, lines, lineStep int) []float32 {
		dst := make([]float32, len(src))
		for l := range lines {
			for i := range n {
				var v float32
				for k, weight := range kernel {
					v += weight * src[l*lineStep+min(n-1, max(0, i+k-r))*step]
				}
				dst[l*lineStep+i*step] = v / sum
			}
		}
		return dst
	}
	return pass(pass(src, width, 1, height, width), height, width, width, 1)
}
