package check

import (
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// FingerprintLen is the number of values of a fingerprint.
const FingerprintLen = 63 + 2*16

// Fingerprint is a coarse description of a picture: low frequencies of its brightness and
// colour. It is the perceptual hash of Zauner (2010, "pHash") with the values of the DCT
// coefficients instead of their signs, which are noise in plain grounds. Two fingerprints
// are compared by their cosine.
type Fingerprint [FingerprintLen]int8

// Fingerprints are those of the whole picture and of its crops by 1/40 and 2/40 at each
// edge. A cropped copy resembles one of these more than the whole.
type Fingerprints [margins]Fingerprint

// Sizes, in pixels where nothing else is said.
const (
	margins    = 3  // fingerprints: whole, two crops
	marginSide = 80 // side of the picture that is cropped
	marginStep = 2
	printSide  = 32 // side of the picture that is transformed
	lumaFreq   = 8  // frequencies of brightness along an axis, without the mean
	colorFreq  = 4  // of each colour difference
)

// blankDeviation is the standard deviation of brightness, 0..255, below which a picture
// counts as blank.
const blankDeviation = 1.5

// cosines[u][x] is the basis of the discrete cosine transform (type II).
var cosines = func() (t [lumaFreq][printSide]float32) {
	for u := range t {
		for x := range t[u] {
			t[u][x] = float32(math.Cos(math.Pi / printSide * (float64(x) + 0.5) * float64(u)))
		}
	}
	return t
}()

// fingerprints computes them, and the deviation of the brightness; a picture that is
// blank by it has none.
func fingerprints(photo *imageprep.RGB) (f Fingerprints, deviation float32) {
	whole := shrink(photo, marginSide)
	for m := range f {
		p := whole.inset(m*marginStep, printSide)
		y := p.luma()
		if m == 0 {
			if deviation = deviationOf(y); deviation < blankDeviation {
				return f, deviation
			}
		}
		f[m] = fingerprint(p, y)
	}
	return f, deviation
}

func deviationOf(v []float32) float32 {
	var sum, squares float64
	for _, x := range v {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(v))
	return float32(math.Sqrt(max(0, squares/n-sum*sum/n/n)))
}

// fingerprint transforms brightness and two colour differences, and scales the result
// to the length 127.
func fingerprint(p planes, y []float32) (f Fingerprint) {
	blue, red := make([]float32, len(y)), make([]float32, len(y))
	for i, l := range y {
		blue[i], red[i] = p.c[2][i]-l, p.c[0][i]-l
	}
	values := transform(y, lumaFreq)[1:] // without the mean: how bright it is says little
	values = append(values, transform(blue, colorFreq)...)
	values = append(values, transform(red, colorFreq)...)
	length := 0.0
	for _, v := range values {
		length += v * v
	}
	scale := 127 / math.Sqrt(max(length, 1e-9))
	for i, v := range values {
		f[i] = int8(math.Round(v * scale))
	}
	return f
}

// transform returns the lowest freq x freq cosine coefficients. Photos have most of
// their energy in the lowest; weighting by the frequency lets all of them count.
func transform(plane []float32, freq int) []float64 {
	rows := make([]float32, printSide*freq) // [y, u]
	for y := range printSide {
		for u := range freq {
			var s float32
			for x, c := range cosines[u] {
				s += c * plane[y*printSide+x]
			}
			rows[y*freq+u] = s
		}
	}
	out := make([]float64, freq*freq)
	for v := range freq {
		for u := range freq {
			var s float32
			for y, c := range cosines[v] {
				s += c * rows[y*freq+u]
			}
			out[v*freq+u] = float64(s) * math.Sqrt(math.Hypot(float64(u), float64(v))+0.25)
		}
	}
	return out
}

// floats writes the fingerprint as a unit vector.
func (f Fingerprint) floats(dst []float32) {
	sum := 0
	for _, v := range f {
		sum += int(v) * int(v)
	}
	scale := float32(1 / math.Sqrt(float64(max(1, sum))))
	for i, v := range f {
		dst[i] = float32(v) * scale
	}
}
