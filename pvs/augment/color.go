package augment

import "math"

// luma are the weights of ITU-R BT.601, which torchvision's and Pillow's greys have, too.
var luma = [3]float64{0.299, 0.587, 0.114}

// affine is a map of colours: m v + t.
type affine struct {
	m [9]float64
	t [3]float64
}

// then does a second map after the first.
func (a affine) then(b affine) (out affine) {
	for r := range 3 {
		out.t[r] = b.t[r]
		for k := range 3 {
			out.t[r] += b.m[3*r+k] * a.t[k]
			for c := range 3 {
				out.m[3*r+c] += b.m[3*r+k] * a.m[3*k+c]
			}
		}
	}
	return out
}

// greyAndColor weighs a pixel's grey and what it differs from it.
func greyAndColor(grey, color float64) (out affine) {
	for r := range 3 {
		for c := range 3 {
			out.m[3*r+c] = (grey - color) * luma[c]
		}
		out.m[3*r+r] += color
	}
	return out
}

// hue turns colours about the grey axis, in turns: a rotation of I and Q in YIQ (FCC, 47 CFR 73.682).
func hue(turns float64) affine {
	const yi, yq, gi, gq, bi, bq = 0.596, 0.211, -0.274, -0.523, -0.322, 0.312
	sin, cos := math.Sincos(2 * math.Pi * turns)
	toYIQ := matrix{luma[0], luma[1], luma[2], yi, gi, bi, yq, gq, bq}
	turn := matrix{1, 0, 0, 0, cos, -sin, 0, sin, cos}
	return affine{m: toYIQ.inverse().after(turn).after(toYIQ)}
}

// inverse is by cofactors.
func (m matrix) inverse() (out matrix) {
	minor := func(r, c int) float64 {
		r1, r2, c1, c2 := (r+1)%3, (r+2)%3, (c+1)%3, (c+2)%3
		return m[3*r1+c1]*m[3*r2+c2] - m[3*r1+c2]*m[3*r2+c1]
	}
	det := m[0]*minor(0, 0) + m[1]*minor(0, 1) + m[2]*minor(0, 2)
	for r := range 3 {
		for c := range 3 {
			out[3*c+r] = minor(r, c) / det
		}
	}
	return out
}

// of composes brightness, contrast, saturation and hue, in this order, for an image.
func (d colorDraws) of(image []float32) affine {
	out := affine{m: matrix{d.brightness, 0, 0, 0, d.brightness, 0, 0, 0, d.brightness}}
	if d.contrast != 1 {
		c, mean := d.contrast, d.brightness*meanLuma(image)
		away := mean * (1 - c)
		out = out.then(affine{m: matrix{c, 0, 0, 0, c, 0, 0, 0, c}, t: [3]float64{away, away, away}})
	}
	if d.saturation != 1 {
		out = out.then(greyAndColor(1, d.saturation))
	}
	if d.hue != 0 {
		out = out.then(hue(d.hue))
	}
	return out
}

func meanLuma(image []float32) float64 {
	var r, g, b float32 // of a row's length, so that the sums stay exact enough
	var sum [3]float64
	for i := 0; i+3 <= len(image); i += 3 {
		r, g, b = r+image[i], g+image[i+1], b+image[i+2]
		if i%768 == 765 || i+3 == len(image) {
			sum[0], sum[1], sum[2] = sum[0]+float64(r), sum[1]+float64(g), sum[2]+float64(b)
			r, g, b = 0, 0, 0
		}
	}
	return (luma[0]*sum[0] + luma[1]*sum[1] + luma[2]*sum[2]) / float64(len(image)/3)
}

// apply maps an image and clips it to 0..255.
func (a affine) apply(image []float32) {
	if a == (affine{m: identity}) {
		return
	}
	var m [9]float32
	for i, v := range a.m {
		m[i] = float32(v)
	}
	tr, tg, tb := float32(a.t[0]), float32(a.t[1]), float32(a.t[2])
	for i := 0; i+3 <= len(image); i += 3 {
		p := image[i : i+3 : i+3]
		r, g, b := p[0], p[1], p[2]
		p[0] = clip(m[0]*r + m[1]*g + m[2]*b + tr)
		p[1] = clip(m[3]*r + m[4]*g + m[5]*b + tg)
		p[2] = clip(m[6]*r + m[7]*g + m[8]*b + tb)
	}
}

func clip(v float32) float32 {
	if v < 0 {
		return 0
	}
	if v > 255 {
		return 255
	}
	return v
}
