package augment

import (
	"bytes"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// cutOut is a red ring on white; what is white inside of it is the product's.
func cutOut(width, height int) *imageprep.RGB {
	p := imageprep.NewRGB(width, height)
	for y := range height {
		for x := range width {
			to := p.Pix[3*(y*width+x):]
			r := math.Hypot(float64(x-width/2), float64(y-height/2)) / float64(min(width, height))
			to[0], to[1], to[2] = 255, 255, 255
			if r > 0.2 && r < 0.4 {
				to[0], to[1], to[2] = 200, 20, 20
			}
		}
	}
	return p
}

// slowly samples a photo at a place of its pixels, in float64; the fill lies around it.
func slowly(p *imageprep.RGB, x, y float64, fill [3]uint8, c int) float64 {
	at := func(x, y float64) float64 {
		if x < 0 || y < 0 || x >= float64(p.Width) || y >= float64(p.Height) {
			return float64(fill[c])
		}
		return float64(p.Pix[3*(int(y)*p.Width+int(x))+c])
	}
	left, top := math.Floor(x), math.Floor(y)
	u, v := x-left, y-top
	return (at(left, top)*(1-u)+at(left+1, top)*u)*(1-v) + (at(left, top+1)*(1-u)+at(left+1, top+1)*u)*v
}

// One resampling does what flip, tilt, rotation and crop do point by point.
func TestWarp(t *testing.T) {
	const size = 32
	p := scenery(40, 28, 1)
	crop, rotation, tilt := scaled(0.7, 0.9, 0.2, -0.1), rotated(25), tilted(0.2, -0.1)
	flip := matrix{-1, 0, 0, 0, 1, 0, 0, 0, 1}
	geometry := crop.after(rotation).after(tilt).after(flip)
	fill := imageprep.Perimeter(p)
	var w workspace
	got := make([]float32, 3*size*size)
	w.view(p, geometry, size, true).warp(got, size, fill)
	outside := 0
	for y := range size {
		for x := range size {
			u, v := 2*(float64(x)+0.5)/size-1, 2*(float64(y)+0.5)/size-1
			u = -u
			d := 1 + 0.2*u - 0.1*v
			u, v = u/d, v/d
			sin, cos := math.Sincos(25 * math.Pi / 180)
			u, v = cos*u-sin*v, sin*u+cos*v
			u, v = 0.7*u+0.2, 0.9*v-0.1
			sx, sy := (u+1)/2*40-0.5, (v+1)/2*40-0.5-6 // 6 rows of padding above
			if sy < 0 || sy > 27 {
				outside++
			}
			for c := range 3 {
				want := slowly(p, sx, sy, fill, c)
				if math.Abs(float64(got[3*(y*size+x)+c])-want) > 0.02 {
					t.Fatalf("(%d, %d), channel %d: %g, want %g", x, y, c, got[3*(y*size+x)+c], want)
				}
			}
		}
	}
	if outside < 50 || outside > 900 {
		t.Errorf("%d pixels lie outside: the test sees one kind only", outside)
	}
}

// A flip and right angles are imageprep's views, where each pixel is one of the photo's.
func TestExactTurns(t *testing.T) {
	const size = 24
	p := scenery(size, size, 2)
	from := square(p, size)
	for name, c := range map[string]struct {
		m    matrix
		view imageprep.View
	}{"flip": {scaled(-1, 1, 0, 0), imageprep.A2}, "90": {rotated(90), imageprep.A3}, "180": {rotated(180), imageprep.A4},
		"270": {rotated(270), imageprep.A5}} {
		var w workspace
		got := make([]float32, 3*size*size)
		w.view(p, c.m, size, false).warp(got, size, [3]uint8{})
		if want := c.view.Apply(from, size, nil); far(got, want) > 0.01 {
			t.Errorf("%s: differs by %g", name, far(got, want))
		}
	}
}

func TestHalve(t *testing.T) {
	for _, sides := range [][2]int{{10, 6}, {11, 7}, {1, 5}, {2, 1}, {64, 3}} {
		p := scenery(sides[0], sides[1], 3)
		var out imageprep.RGB
		halve(p, &out)
		for y := range out.Height {
			for x := range out.Width {
				for c := range 3 {
					sum := 0
					for i := range 4 {
						sx, sy := min(2*x+i%2, p.Width-1), min(2*y+i/2, p.Height-1)
						sum += int(p.Pix[3*(sy*p.Width+sx)+c])
					}
					if got := int(out.Pix[3*(y*out.Width+x)+c]); got != (sum+2)/4 {
						t.Fatalf("%v: (%d, %d): %d, want %d", sides, x, y, got, (sum+2)/4)
					}
				}
			}
		}
	}
}

// Fine stripes become grey, where plain bilinear sampling makes a pattern of them.
func TestAntialiasing(t *testing.T) {
	p := imageprep.NewRGB(500, 500)
	for i := range p.Pix {
		p.Pix[i] = uint8(255 * (i / 3 % 500 / 2 % 2)) // stripes of two pixels
	}
	deviation := func(aliased bool) float64 {
		a := augmenter(t, Options{Crop: Crop{Probability: 1, MinArea: 0.9}, Aliased: aliased}, 100)
		dst, sum := variant(a, p, Key{Photo: 1}), 0.0
		for _, v := range dst {
			sum += math.Abs(float64(v) - 127.5)
		}
		return sum / float64(len(dst))
	}
	if with, without := deviation(false), deviation(true); with > 30 || without < 60 {
		t.Errorf("deviations of %g with and %g without antialiasing", with, without)
	}
}

// Crops are of the areas and aspects that were asked for, and inside of the square.
func TestCrops(t *testing.T) {
	d := random{rand.New(rand.NewPCG(4, 4))}
	o := Crop{Probability: 1, MinArea: 0.5, MaxArea: 0.9, Stretch: 0.2}
	low, high, wide, left := 9.0, 0.0, 0, 0
	for range 2000 {
		m := d.crop(o)
		w, h := m[0], m[4]
		low, high = min(low, w*h), max(high, w*h)
		if w > h {
			wide++
		}
		if m[2] < 0 {
			left++
		}
		if math.Abs(m[2])+w > 1+1e-9 || math.Abs(m[5])+h > 1+1e-9 || w/h > 1.2001 || h/w > 1.2001 {
			t.Fatalf("crop %v", m)
		}
	}
	if low < 0.49 || low > 0.52 || high > 0.9001 || high < 0.88 || wide < 900 || wide > 1100 || left < 900 || left > 1100 {
		t.Errorf("areas %g to %g, %d of 2000 are wide, %d left", low, high, wide, left)
	}
	if m := d.crop(Crop{Probability: 1, MinArea: 2, MaxArea: 2}); math.Abs(m[0]*m[4]-2) > 1e-9 {
		t.Errorf("a crop of twice the area is %v", m)
	}
}

// The composed map of colours is what torchvision does one by one, where nothing is clipped.
func TestColor(t *testing.T) {
	img := square(scenery(30, 30, 5), 16)
	for i, v := range img {
		img[i] = 60 + v/3
	}
	d := colorDraws{true, 1.1, 0.8, 1.3, 0.02}
	want := slices.Clone(img)
	grey := func(p []float32) float64 { return 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2]) }
	mean := 0.0
	for i := range want {
		want[i] *= 1.1
	}
	for i := 0; i < len(want); i += 3 {
		mean += grey(want[i:]) / float64(len(want)/3)
	}
	for i := range want {
		want[i] = float32(mean + 0.8*(float64(want[i])-mean))
	}
	for i := 0; i < len(want); i += 3 {
		p := want[i : i+3]
		g := grey(p)
		for c := range p {
			p[c] = float32(g + 1.3*(float64(p[c])-g))
		}
		r, gr, b := float64(p[0]), float64(p[1]), float64(p[2]) // to YIQ, turned, and back by colorsys's numbers
		y := grey(p)
		iq := complex(0.596*r-0.274*gr-0.322*b, 0.211*r-0.523*gr+0.312*b)
		sin, cos := math.Sincos(2 * math.Pi * 0.02)
		iq *= complex(cos, sin)
		p[0] = float32(y + 0.956*real(iq) + 0.621*imag(iq))
		p[1] = float32(y - 0.272*real(iq) - 0.647*imag(iq))
		p[2] = float32(y - 1.106*real(iq) + 1.703*imag(iq))
	}
	d.of(img).apply(img)
	if far(img, want) > 0.2 { // the inverse matrix has 3 digits
		t.Errorf("differs by %g", far(img, want))
	}
}

func TestColorKnown(t *testing.T) {
	type values = []float32
	of := func(d colorDraws, pixels ...float32) values {
		d.use = true
		d.of(pixels).apply(pixels)
		return pixels
	}
	bright := colorDraws{brightness: 2, contrast: 1, saturation: 1}
	if got := of(bright, 10, 100, 200); far(got, values{20, 200, 255}) > 1e-4 {
		t.Errorf("twice as bright: %v", got)
	}
	if got := of(colorDraws{brightness: 1, contrast: 1}, 10, 100, 200); far(got, values{84.49, 84.49, 84.49}) > 1e-3 {
		t.Errorf("without saturation: %v", got)
	}
	got := of(colorDraws{brightness: 1, saturation: 1}, 0, 0, 0, 90, 90, 90)
	if far(got, values{45, 45, 45, 45, 45, 45}) > 1e-3 {
		t.Errorf("without contrast: %v", got)
	}
	turned := colorDraws{brightness: 1, contrast: 1, saturation: 1, hue: 0.3}
	if got := of(turned, 70, 70, 70); far(got, values{70, 70, 70}) > 1e-3 {
		t.Errorf("grey of another hue: %v", got)
	}
}

// The separable blur is the sum over a two-dimensional kernel.
func TestBlur(t *testing.T) {
	const size, sigma = 17, 1.3
	img := square(scenery(20, 20, 6), size)
	var kernel [9][9]float64
	sum := 0.0
	for y := range kernel {
		for x := range kernel[y] {
			dx, dy := float64(x-4), float64(y-4)
			kernel[y][x] = math.Exp(-(dx*dx + dy*dy) / (2 * sigma * sigma))
			sum += kernel[y][x]
		}
	}
	want := make([]float32, len(img))
	for y := range size {
		for x := range size {
			for c := range 3 {
				v := 0.0
				for ky := range kernel {
					for kx := range kernel[ky] {
						sx, sy := min(max(x+kx-4, 0), size-1), min(max(y+ky-4, 0), size-1)
						v += kernel[ky][kx] / sum * float64(img[3*(sy*size+sx)+c])
					}
				}
				want[3*(y*size+x)+c] = float32(v)
			}
		}
	}
	blur(img, size, sigma, new(workspace))
	if far(img, want) > 1e-3 {
		t.Errorf("differs by %g", far(img, want))
	}
}

func TestNoise(t *testing.T) {
	const size = 100
	img := make([]float32, 3*size*size)
	for i := range img {
		img[i] = 128
	}
	addNoise(img, size, 10, random{rand.New(rand.NewPCG(1, 1))})
	mean, square, beside := 0.0, 0.0, 0.0
	for i, v := range img {
		d := float64(v) - 128
		mean, square = mean+d, square+d*d
		if i+3*size < len(img) {
			beside += d * (float64(img[i+3*size]) - 128) // the value below
		}
	}
	n := float64(len(img))
	if math.Abs(mean/n) > 0.25 || math.Abs(math.Sqrt(square/n)-10) > 0.3 || math.Abs(beside/n) > 3 {
		t.Errorf("mean %g, deviation %g, covariance with the next row %g", mean/n, math.Sqrt(square/n), beside/n)
	}
}

func TestJPEG(t *testing.T) {
	const size = 40
	img := square(scenery(40, 40, 7), size)
	p := imageprep.FromSquare(img, size)
	var file bytes.Buffer
	if err := jpeg.Encode(&file, p.Image(), &jpeg.Options{Quality: 40}); err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	want := imageprep.FromImage(m)
	compress(img, size, 40, new(workspace))
	if !slices.Equal(imageprep.FromSquare(img, size).Pix, want.Pix) || slices.Equal(want.Pix, p.Pix) {
		t.Error("it is not what a JPEG file gives back")
	}
	qualities := map[int]bool{}
	for i := range uint64(500) {
		q := draw(Options{JPEG: JPEG{Probability: 1, MinQuality: 90}}, random{rand.New(rand.NewPCG(i, 0))}).quality
		qualities[q] = true
	}
	if len(qualities) != 6 || !qualities[90] || !qualities[95] {
		t.Errorf("qualities %v", qualities)
	}
}

func TestErase(t *testing.T) {
	const size = 50
	o := Options{Erase: Erase{Probability: 1, MaxArea: 0.2}}
	a, p := augmenter(t, o, size), scenery(50, 50, 8)
	plain := square(p, size)
	for photo := range 50 {
		dst, hidden := variant(a, p, Key{Photo: photo}), map[[3]float32]int{}
		n := 0
		for i := 0; i < len(dst); i += 3 {
			if !slices.Equal(dst[i:i+3], plain[i:i+3]) {
				n++
				hidden[[3]float32(dst[i:])]++
			}
		}
		if share := float64(n) / size / size; share < 0.01 || share > 0.23 || len(hidden) != 1 {
			t.Errorf("photo %d: %g of it is hidden under %d colours", photo, share, len(hidden))
		}
	}
}

// A cut-out's ground is replaced, its product is not, nor what is white inside of it; a photo without an
// even edge stays.
func TestGround(t *testing.T) {
	const size = 60
	o := Options{Ground: Ground{Probability: 1, Tolerance: 12}}
	a := augmenter(t, o, size)
	p := cutOut(60, 60)
	plain := square(p, size)
	pixel := func(img []float32, x, y int) []float32 { return img[3*(y*size+x):][:3] }
	for photo := range 20 {
		dst := variant(a, p, Key{Photo: photo})
		corner := pixel(dst, 1, 1)
		if far(corner, []float32{255, 255, 255}) < 1 {
			t.Errorf("photo %d: the ground is white", photo)
		}
		for _, at := range [][2]int{{30, 30}, {30, 12}, {48, 30}} { // inside, and on the ring
			if got := pixel(dst, at[0], at[1]); far(got, pixel(plain, at[0], at[1])) > 0.01 {
				t.Errorf("photo %d: the product at %v became %v", photo, at, got)
			}
		}
	}
	uneven := scenery(60, 60, 1)
	if got := variant(a, uneven, Key{}); !slices.Equal(got, square(uneven, size)) {
		t.Error("a photo without an even edge got another ground")
	}
	o.Ground.Photos = 1
	a = augmenter(t, o, size)
	a.Grounds = []*imageprep.RGB{cutOut(9, 9)}
	for i := range a.Grounds[0].Pix {
		a.Grounds[0].Pix[i] = 77
	}
	if got := pixel(variant(a, p, Key{}), 1, 1); far(got, []float32{77, 77, 77}) > 0.01 {
		t.Errorf("the other photo's ground is %v", got)
	}
}

// A pixel of the product's border that is half ground gets half of the new one.
func TestMatte(t *testing.T) {
	p := imageprep.NewRGB(7, 7)
	for i := range 49 {
		v := [3]uint8{240, 240, 240}
		switch x := i % 7; {
		case x == 3 || x == 4:
			v = [3]uint8{40, 40, 40}
		case x == 2:
			v = [3]uint8{140, 140, 140}
		}
		if y := i / 7; y == 0 || y == 6 {
			v = [3]uint8{240, 240, 240}
		}
		copy(p.Pix[3*i:], v[:])
	}
	got := new(workspace).matte(p, [3]uint8{240, 240, 240}, 10)[3*7:][:7]
	if want := []uint8{255, 255, 127, 0, 0, 255, 255}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Shrinking averages: by a whole factor it is the mean of blocks, and the mean of all stays.
func TestShrink(t *testing.T) {
	p := scenery(90, 60, 9)
	got := Shrink(p, 30)
	if got.Width != 30 || got.Height != 20 {
		t.Fatalf("%d x %d", got.Width, got.Height)
	}
	for y := range 20 {
		for x := range 30 {
			sum := 0
			for i := range 9 {
				sum += int(p.Pix[3*((3*y+i/3)*90+3*x+i%3)])
			}
			if v := float64(got.Pix[3*(y*30+x)]); math.Abs(v-float64(sum)/9) > 0.51 {
				t.Fatalf("(%d, %d): %g, want %g", x, y, v, float64(sum)/9)
			}
		}
	}
	mean := func(p *imageprep.RGB) (m float64) {
		for _, v := range p.Pix {
			m += float64(v) / float64(len(p.Pix))
		}
		return m
	}
	if odd := Shrink(p, 37); odd.Width != 37 || odd.Height != 25 || math.Abs(mean(odd)-mean(p)) > 0.3 {
		t.Errorf("%d x %d, mean %g of %g", odd.Width, odd.Height, mean(odd), mean(p))
	}
	if Shrink(p, 90) != p {
		t.Error("a photo of that size was shrunk")
	}
}
