package mesh

import (
	"image"
	"image/draw"
	"math"
)

// UV is a place in an image texture: (0, 0) is its lower left corner, (1, 1) its upper
// right one; beyond, the image repeats.
type UV struct{ U, V float64 }

// Image is an image texture with its mipmaps (Williams 1983): each level has half of the
// sides of the one before, averaged in linear light and weighted by opacity.
type Image struct {
	levels []level
	holes  bool
}

// level is one size of an image, in sRGB so that it is small.
type level struct {
	width, height int
	pixels        []uint8 // R, G, B, opacity
}

// linearOf has the linear light of each 8-bit sRGB value (IEC 61966-2-1).
var linearOf = func() (table [256]float32) {
	for i := range table {
		v := float64(i) / 255
		if v <= 0.04045 {
			table[i] = float32(v / 12.92)
		} else {
			table[i] = float32(math.Pow((v+0.055)/1.055, 2.4))
		}
	}
	return table
}()

// encoded is the inverse of linearOf.
func encoded(v float32) uint8 {
	x := 12.92 * float64(v)
	if v > 0.0031308 {
		x = 1.055*math.Pow(float64(v), 1/2.4) - 0.055
	}
	return uint8(255*min(1, max(0, x)) + 0.5)
}

// NewImage takes an image with its mipmaps. An image without pixels gives nil.
func NewImage(src image.Image) *Image {
	b := src.Bounds()
	if b.Empty() {
		return nil
	}
	flat := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(flat, flat.Bounds(), src, b.Min, draw.Src)
	out := &Image{levels: []level{{b.Dx(), b.Dy(), flat.Pix}}}
	for i := 3; i < len(flat.Pix); i += 4 {
		if flat.Pix[i] < 250 {
			out.holes = true
			break
		}
	}
	for last := out.levels[0]; last.width > 1 || last.height > 1; last = out.levels[len(out.levels)-1] {
		out.levels = append(out.levels, last.half())
	}
	return out
}

// half averages blocks of 2 x 2 pixels.
func (l level) half() level {
	out := level{width: max(1, l.width/2), height: max(1, l.height/2)}
	out.pixels = make([]uint8, 4*out.width*out.height)
	for y := range out.height {
		for x := range out.width {
			var sum [3]float32
			var weight, alpha float32
			for k := range 4 {
				sx, sy := min(l.width-1, 2*x+k&1), min(l.height-1, 2*y+k>>1)
				p := l.pixels[4*(sy*l.width+sx):]
				w := float32(p[3]) + 1e-3 // where all is clear, the colours count all the same
				for c := range sum {
					sum[c] += w * linearOf[p[c]]
				}
				weight += w
				alpha += float32(p[3])
			}
			q := out.pixels[4*(y*out.width+x):]
			for c := range sum {
				q[c] = encoded(sum[c] / weight)
			}
			q[3] = uint8(alpha/4 + 0.5)
		}
	}
	return out
}

// Size returns the sides in pixels.
func (m *Image) Size() (width, height int) { return m.levels[0].width, m.levels[0].height }

// Holes tells whether the image is transparent somewhere.
func (m *Image) Holes() bool { return m.holes }

// At returns the colour (linear RGB) and the opacity (0..1) at a place. Footprint is the
// side of what is looked at, in pixels of the image: it chooses the mipmaps, between two
// of which the result is interpolated, as it is between four pixels of each.
func (m *Image) At(at UV, footprint float64) (Color, float64) {
	lod := 0.0
	if footprint > 1 {
		lod = min(math.Log2(footprint), float64(len(m.levels)-1))
	}
	fine := int(lod)
	a := m.levels[fine].at(at)
	if t := float32(lod - float64(fine)); t > 0.02 && fine+1 < len(m.levels) {
		b := m.levels[fine+1].at(at)
		for c := range a {
			a[c] += (b[c] - a[c]) * t
		}
	}
	return Color{float64(a[0]), float64(a[1]), float64(a[2])}, float64(a[3])
}

// at interpolates between four pixels, over the edges.
func (l level) at(at UV) (out [4]float32) {
	x := (at.U-math.Floor(at.U))*float64(l.width) - 0.5
	y := (1-(at.V-math.Floor(at.V)))*float64(l.height) - 0.5 // rows go down
	fx, fy := math.Floor(x), math.Floor(y)
	tx, ty := float32(x-fx), float32(y-fy)
	wrap := func(i, n int) int { return ((i % n) + n) % n }
	x0, y0 := wrap(int(fx), l.width), wrap(int(fy), l.height)
	x1, y1 := wrap(int(fx)+1, l.width), wrap(int(fy)+1, l.height)
	add := func(x, y int, w float32) {
		p := l.pixels[4*(y*l.width+x):]
		out[0] += w * linearOf[p[0]]
		out[1] += w * linearOf[p[1]]
		out[2] += w * linearOf[p[2]]
		out[3] += w * float32(p[3]) / 255
	}
	add(x0, y0, (1-tx)*(1-ty))
	add(x1, y0, tx*(1-ty))
	add(x0, y1, (1-tx)*ty)
	add(x1, y1, tx*ty)
	return out
}
