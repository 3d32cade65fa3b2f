package studio

import (
	"image"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// picture is a photo in a room in the making.
type picture struct {
	frame
	m       *mesh.Mesh
	shot    Shot
	cam     camera
	scene   *scene
	screens [][]screen
	linear  []mesh.Color
	kinds   []int8 // of the surface behind each pixel; product where the product is
}

// product is the kind of pixels that see the product.
const product = 100

// shootInRoom takes a photo of a product at its place.
func shootInRoom(m *mesh.Mesh, d *dome, s Shot, lo, hi mesh.Vec) *image.NRGBA {
	w, h := supersample*s.Width, supersample*s.Height
	p := &picture{m: m, shot: s, cam: aim(s, d.centre, d.radius, w, h), scene: newScene(s, d, lo, hi),
		frame: frame{width: w, height: h, samples: room(&d.samples, w*h)}, linear: room(&d.linear, w*h),
		kinds: make([]int8, s.Width*s.Height)}
	clear(p.samples)
	p.hole = p.seenThrough
	p.scene.lightPlanes(3 * supersample / p.cam.focal * p.cam.eye.Sub(d.centre).Len())
	p.screens = make([][]screen, len(m.Parts))
	for i := range m.Parts {
		p.screens[i] = project(p.cam, &m.Parts[i])
		if !seeThrough(&m.Parts[i]) {
			p.draw(int32(i), m.Parts[i].Triangles, p.screens[i], nil)
		}
	}
	p.scene.reflection = p.reflect()
	for y := 0; y < h; y += supersample {
		for x := 0; x < w; x += supersample {
			p.develop2x2(x, y)
		}
	}
	p.edges()
	p.hole = nil
	p.panes()
	s.Exposure *= p.metered()
	if s.Room.Lit > 0 {
		p.glow(s.Exposure)
	}
	return s.develop(p.linear, w, h)
}

// room is a slice of a length that an earlier photo of the product may have used.
func room[T any](slice *[]T, n int) []T {
	if cap(*slice) < n {
		*slice = make([]T, n)
	}
	return (*slice)[:n]
}

// seeThrough tells whether a part is glass or the like.
func seeThrough(p *mesh.Part) bool { return p.Material.Opacity > 0 && p.Material.Opacity < 1 }

// seenThrough tells whether an image has a hole where a sample is.
func (p *picture) seenThrough(s sample) bool {
	part := &p.m.Parts[s.part]
	img := part.Material.Image
	if img == nil || !img.Holes() {
		return false
	}
	_, opacity := img.At(part.UVAt(int(s.triangle), float64(s.b1), float64(s.b2)), p.footprint(s, img))
	return opacity < 0.5
}

// footprint is the side of a pixel on a triangle's image, in pixels of the image.
func (p *picture) footprint(s sample, img *mesh.Image) float64 {
	part, screens := &p.m.Parts[s.part], p.screens[s.part]
	t := part.Triangles[s.triangle]
	a, b, c := screens[t[0]], screens[t[1]], screens[t[2]]
	seen := math.Abs((b.x-a.x)*(c.y-a.y)-(b.y-a.y)*(c.x-a.x)) / (supersample * supersample)
	ua, ub, uc := part.UV[t[0]], part.UV[t[1]], part.UV[t[2]]
	width, height := img.Size()
	texels := math.Abs((ub.U-ua.U)*(uc.V-ua.V)-(ub.V-ua.V)*(uc.U-ua.U)) * float64(width*height)
	if seen < 1e-9 {
		return 1
	}
	return math.Sqrt(texels / seen)
}

// develop2x2 shades a pixel's samples: together where they see one surface.
func (p *picture) develop2x2(x, y int) {
	i := y*p.width + x
	at := [4]int{i, i + 1, i + p.width, i + p.width + 1}
	pixel := (x/supersample)&3 + 4*((y/supersample)&3)
	first := p.samples[i]
	same, none := true, true
	for _, k := range at {
		s := p.samples[k]
		none = none && s.invDepth == 0
		same = same && s.invDepth > 0 && s.part == first.part
	}
	if none {
		spread := supersample / p.cam.focal
		c, kind := p.scene.backdrop(p.cam, float64(x)+1, float64(y)+1, pixel, spread)
		for _, k := range at {
			p.linear[k] = c
		}
		p.kinds[y/supersample*p.shot.Width+x/supersample] = int8(kind)
		return
	}
	p.kinds[y/supersample*p.shot.Width+x/supersample] = product
	if same {
		a, b := first.at(p.m, p.toEye), p.samples[at[3]].at(p.m, p.toEye)
		gap := b.position.Sub(a.position).Len()
		if a.normal.Dot(b.normal) > 0.94 && gap < 0.03*p.scene.radius {
			c := p.color(first, a, 1, 0, pixel)
			for _, k := range at {
				p.linear[k] = c
			}
			return
		}
	}
	for n, k := range at {
		if s := p.samples[k]; s.invDepth > 0 {
			p.linear[k] = p.color(s, s.at(p.m, p.toEye), 4, n, pixel)
		} else {
			p.linear[k], _ = p.scene.backdrop(p.cam, float64(x+n&1)+0.5, float64(y+n>>1)+0.5, pixel, supersample/p.cam.focal)
		}
	}
}

// edges takes all samples of pixels where one surface of the room meets another, so that
// the edge is no staircase.
func (p *picture) edges() {
	w := p.shot.Width
	differs := func(i, j int) bool { return p.kinds[j] != product && p.kinds[i] != p.kinds[j] }
	for y := range p.shot.Height {
		for x := range w {
			i := y*w + x
			if p.kinds[i] == product || !(x > 0 && differs(i, i-1) || x < w-1 && differs(i, i+1) ||
				y > 0 && differs(i, i-w) || y < p.shot.Height-1 && differs(i, i+w)) {
				continue
			}
			for n := range supersample * supersample {
				sx, sy := supersample*x+n&1, supersample*y+n>>1
				p.linear[sy*p.width+sx], _ = p.scene.backdrop(p.cam, float64(sx)+0.5, float64(sy)+0.5, x&3+4*(y&3),
					supersample/p.cam.focal)
			}
		}
	}
}

func (p *picture) toEye(at mesh.Vec) mesh.Vec { return p.cam.eye.Sub(at).Unit() }

// color shades a sample of the product.
func (p *picture) color(s sample, at surface, stride, phase, pixel int) mesh.Color {
	light, open := p.scene.light.at(at.position, at.normal, stride, phase, pixel, 1, -1)
	light = addColor(light, p.scene.light.sunAt(at.position, at.normal, pixel))
	light = addColor(light, p.scene.light.lampsAt(at.position, at.normal, true))
	return p.scene.light.shade(at, p.base(s, at), p.toEye(at.position), light, open)
}

// base is a sample's colour without light.
func (p *picture) base(s sample, at surface) mesh.Color {
	m := at.material
	if m.Image != nil {
		part := &p.m.Parts[s.part]
		c, _ := m.Image.At(part.UVAt(int(s.triangle), float64(s.b1), float64(s.b2)), p.footprint(s, m.Image))
		return mulColor(c, m.Diffuse)
	}
	if m.Texture != nil {
		return m.Texture(at.position)
	}
	return m.Diffuse
}

// panes mixes what is seen through over what is behind, farthest first.
func (p *picture) panes() {
	var parts []int
	for i := range p.m.Parts {
		if seeThrough(&p.m.Parts[i]) {
			parts = append(parts, i)
		}
	}
	for _, one := range panesOf(p.m, parts, p.screens) {
		part := &p.m.Parts[one.part]
		p.draw(int32(one.part), part.Triangles[one.triangle:one.triangle+1], p.screens[one.part], func(pixel int, s sample) {
			s.triangle = int32(one.triangle)
			at := s.at(p.m, p.toEye)
			eye := p.toEye(at.position)
			base := p.base(s, at)
			light, open := p.scene.light.at(at.position, at.normal, 4, pixel&3, pixel, 1, -1)
			opacity := part.Material.Opacity
			through := mulColor(p.linear[pixel], mixColor(mesh.Color{R: 1, G: 1, B: 1}, base, 0.5*opacity))
			body := mixColor(through, mulColor(base, light), opacity)
			edge := 1 - max(0, at.normal.Dot(eye))
			fresnel := 0.05 + 0.7*edge*edge*edge*edge
			mirrored := p.scene.light.mirror(at.normal.Scale(2*at.normal.Dot(eye)).Sub(eye), 0.1)
			p.linear[pixel] = mixColor(body, scaleColor(mirrored, 0.4+0.6*open), fresnel)
		})
	}
}

// metered is the exposure that brings the picture to the room's level: the mean of its
// logarithms, in which the product counts more, but not so much that a tenth of it is lost
// in white.
func (p *picture) metered() float64 {
	var sum, weight float64
	var levels []float64
	for y := 0; y < p.height; y += 5 {
		for x := 0; x < p.width; x += 5 {
			i := y*p.width + x
			c := p.linear[i]
			w := 1.0
			if p.samples[i].invDepth > 0 {
				w = 1.5
			}
			level := 0.25*c.R + 0.6*c.G + 0.15*c.B
			sum += w * math.Log(0.02+level)
			weight += w
			levels = append(levels, level)
		}
	}
	slices.Sort(levels)
	bright := levels[len(levels)*9/10]
	return min(4, 1.1/max(0.01, bright), max(0.35, p.shot.Room.Level/math.Exp(sum/weight)))
}
