package imageprep

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"os"
	"strings"
	"testing"
)

// encoded is a JPEG of smooth colours.
func encoded(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(100 + x/4), uint8(y / 4), uint8(128 + 50*math.Sin(float64(x+y)/30)), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Both decoders see the same picture, but for how colours between pixels are made up.
func TestJPEGAgainstStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{64, 48}, {61, 47}, {1, 1}, {8, 300}} {
		data := encoded(t, size[0], size[1])
		got, err := Decode(bytes.NewReader(data), "test", Limits{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		want, sum := FromImage(m), 0.0
		for i, v := range want.Pix {
			sum += math.Abs(float64(v) - float64(got.Pix[i]))
		}
		if mean := sum / float64(len(want.Pix)); mean > 1.5 {
			t.Errorf("%v: the mean difference is %.2f of 255", size, mean)
		}
	}
}

// Wherever a JPEG is cut off, it is refused. Two bytes of an end that a thumbnail in the
// header brings do not hide it.
func TestCutOffJPEG(t *testing.T) {
	t.Parallel()
	whole := encoded(t, 64, 48)
	thumbnail := encoded(t, 8, 8)
	segment := append([]byte{0xff, 0xe1, byte((len(thumbnail) + 2) >> 8), byte(len(thumbnail) + 2)}, thumbnail...)
	withThumbnail := append(append(bytes.Clone(whole[:2]), segment...), whole[2:]...)
	for _, data := range [][]byte{whole, withThumbnail} {
		if _, err := Decode(bytes.NewReader(data), "test", Limits{}); err != nil {
			t.Fatal(err)
		}
		for n := len(data) - 1; n > 0; n -= 7 {
			if _, err := Decode(bytes.NewReader(data[:n]), "test", Limits{}); err == nil {
				t.Fatalf("%d of %d bytes were taken for a whole photo", n, len(data))
			}
		}
	}
	_, err := Decode(bytes.NewReader(whole[:len(whole)/2]), "half.jpg", Limits{})
	if err == nil || !strings.Contains(err.Error(), "half.jpg is a damaged JPEG (it is cut off)") {
		t.Errorf("said: %v", err)
	}
}

// painted is a JPEG of one colour.
func painted(t *testing.T, m draw.Image, c color.Color) []byte {
	t.Helper()
	draw.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A JPEG that was cut and then given an end is refused too, of plain grounds that look
// like what is made up for missing data also, which are taken whole.
func TestCutOffJPEGWithEnd(t *testing.T) {
	t.Parallel()
	box := image.Rect(0, 0, 61, 47)
	for name, whole := range map[string][]byte{
		"even": encoded(t, 64, 48), "odd": encoded(t, 33, 49), "large": encoded(t, 163, 131),
		"white": painted(t, image.NewRGBA(box), color.White),
		"green": painted(t, image.NewRGBA(box), color.RGBA{0, 135, 0, 255}),
		"grey":  painted(t, image.NewGray(box), color.Gray{100}), "black": painted(t, image.NewGray(box), color.Gray{0}),
	} {
		if _, err := Decode(bytes.NewReader(whole), name, Limits{}); err != nil {
			t.Error(err)
		}
		begin, end := scansOf(whole)
		step := 1
		if name == "large" {
			step = (end - begin) / 100
		}
		for n := end - 2; n > begin; n -= step {
			for _, suffices := range []int{0, 30, 15} { // shrunk by 1 and 2, large by 1, 4 and 8
				_, err := Decode(bytes.NewReader(withEnd(whole[:n])), name, Limits{Suffices: suffices})
				if err == nil {
					t.Errorf("%s, for %d pixels: %d of %d bytes and an end were taken for a whole photo", name, suffices, n, end)
				}
			}
		}
	}
}

// Of a progressive JPEG only the last scan may lack data, a bit of the finest. One that was cut between scans is
// refused.
func TestCutOffProgressiveJPEGWithEnd(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Decode(bytes.NewReader(whole), "whole", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	begin, end := scansOf(whole)
	last := bytes.LastIndex(whole, []byte{0xff, startOfScan})
	for n := end - 1; n > begin; n-- {
		got, err := Decode(bytes.NewReader(withEnd(whole[:n])), "cut", Limits{})
		if taken := err == nil; taken != (n >= last+10) {
			t.Errorf("%d of %d bytes and an end, the last scan from %d: %v", n, end, last, err)
		} else if taken && mean(t, got, want) > 3 {
			t.Errorf("%d of %d bytes and an end differ by %.2f", n, end, mean(t, got, want))
		}
	}
}

func withEnd(data []byte) []byte { return append(bytes.Clone(data), 0xff, endOfImage) }

// A photo for which fewer pixels suffice is about the mean of the whole one's squares of 2, 4 or 8 pixels, upright, and
// not smaller than what suffices.
func TestSuffices(t *testing.T) {
	t.Parallel()
	turned, err := os.ReadFile("testdata/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"sequential": encoded(t, 333, 250), "progressive": turned} {
		whole, err := Decode(bytes.NewReader(data), name, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		longer := max(whole.Width, whole.Height)
		for d := 1; d <= 8; d *= 2 {
			if min(whole.Width, whole.Height)/d < 16 {
				break // it would be narrow
			}
			got, err := Decode(bytes.NewReader(data), name, Limits{Suffices: longer / d})
			if err != nil {
				t.Fatal(err)
			}
			if got.Width != (whole.Width+d-1)/d || got.Height != (whole.Height+d-1)/d {
				t.Fatalf("%s: %d x %d, shrunk by %d, is %d x %d", name, whole.Width, whole.Height, d, got.Width, got.Height)
			}
			sum := 0.0
			for y := range whole.Height / d {
				for x := range whole.Width / d {
					for c := range 3 {
						mean := 0.0
						for i := range d * d {
							mean += float64(whole.Pix[3*((y*d+i/d)*whole.Width+x*d+i%d)+c]) / float64(d*d)
						}
						sum += math.Abs(mean - float64(got.Pix[3*(y*got.Width+x)+c]))
					}
				}
			}
			if by := sum / float64(3*(whole.Height/d)*(whole.Width/d)); by > 2 {
				t.Errorf("%s, shrunk by %d, differs from the mean of the whole photo's pixels by %.2f", name, d, by)
			}
		}
	}
}

// A JPEG of very many scans, which a decoder would go over for minutes, is refused at once.
func TestManyScans(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/progressive.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, end := scansOf(whole)
	scan := bytes.LastIndex(whole[:end], []byte{0xff, startOfScan})
	for n, refused := range map[int]bool{2: false, 200: true} {
		data := append(bytes.Clone(whole[:end]), bytes.Repeat(whole[scan:end], n)...)
		_, err := Decode(bytes.NewReader(append(data, 0xff, endOfImage)), "a photo", Limits{})
		if said := err != nil && strings.Contains(err.Error(), "scans, which would take too long"); said != refused {
			t.Errorf("%d more scans: %v", n, err)
		}
	}
}

// BenchmarkLarge brings the photo of the environment variable PVS_LARGE to a square of 224 pixels
// (docs/benchmarks/large.py).
func BenchmarkLarge(b *testing.B) {
	path := os.Getenv("PVS_LARGE")
	if path == "" {
		b.Skip("PVS_LARGE names no photo")
	}
	for name, limits := range map[string]Limits{"whole": {}, "shrunk": {Suffices: 448}} {
		b.Run(name, func(b *testing.B) {
			dst := make([]float32, 3*224*224)
			for b.Loop() {
				photo, err := Open(path, limits)
				if err != nil {
					b.Fatal(err)
				}
				Square(photo, 224, dst)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "photos/s")
		})
	}
}
