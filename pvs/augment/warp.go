package augment

// one is the weight 1 in fixed point.
const one = 1 << 16

// warp samples the photo bilinearly into dst, [size, size, 3]. Beyond the photo lie pixels of the fill.
func (v view) warp(dst []float32, size int, fill [3]uint8) {
	p, m := v.photo, v.at
	width, height, stride := float64(p.Width), float64(p.Height), 3*p.Width
	affine := m[6] == 0 && m[7] == 0
	empty := [3]float32{float32(fill[0]), float32(fill[1]), float32(fill[2])}
	for y := range size {
		fy := float64(y)
		x0, y0, w0 := m[1]*fy+m[2], m[4]*fy+m[5], m[7]*fy+m[8]
		row := dst[3*y*size:][:3*size]
		for x := range size {
			fx := float64(x)
			sx, sy := x0+m[0]*fx, y0+m[3]*fx
			if !affine {
				w := 1 / (w0 + m[6]*fx)
				sx, sy = sx*w, sy*w
			}
			out := row[3*x : 3*x+3 : 3*x+3]
			if !(sx > -1 && sx < width && sy > -1 && sy < height) { // the projection's infinity, too
				out[0], out[1], out[2] = empty[0], empty[1], empty[2]
				continue
			}
			ix, iy := int(sx+1)-1, int(sy+1)-1
			wx, wy := int((sx-float64(ix))*one), int((sy-float64(iy))*one)
			w11 := int(int64(wx) * int64(wy) >> 16)
			w10, w01 := wx-w11, wy-w11
			w00 := one - wx - w01
			if uint(ix) >= uint(p.Width-1) || uint(iy) >= uint(p.Height-1) {
				v.edge(out, ix, iy, [4]int{w00, w10, w01, w11}, fill)
				continue
			}
			at := iy*stride + 3*ix
			a, b := p.Pix[at:at+6:at+6], p.Pix[at+stride:at+stride+6:at+stride+6]
			r := int(a[0])*w00 + int(a[3])*w10 + int(b[0])*w01 + int(b[3])*w11
			g := int(a[1])*w00 + int(a[4])*w10 + int(b[1])*w01 + int(b[4])*w11
			bl := int(a[2])*w00 + int(a[5])*w10 + int(b[2])*w01 + int(b[5])*w11
			out[0], out[1], out[2] = float32(r)*(1.0/one), float32(g)*(1.0/one), float32(bl)*(1.0/one)
		}
	}
}

// edge samples where not all four pixels are the photo's.
func (v view) edge(out []float32, ix, iy int, weights [4]int, fill [3]uint8) {
	var sum [3]int
	for i, w := range weights {
		x, y, pixel := ix+i&1, iy+i>>1, fill[:]
		if x >= 0 && x < v.photo.Width && y >= 0 && y < v.photo.Height {
			pixel = v.photo.Pix[3*(y*v.photo.Width+x):][:3]
		}
		for c := range sum {
			sum[c] += int(pixel[c]) * w
		}
	}
	for c := range sum {
		out[c] = float32(sum[c]) * (1.0 / one)
	}
}
