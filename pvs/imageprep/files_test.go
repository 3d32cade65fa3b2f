package imageprep

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t testing.TB, name string) *RGB {
	t.Helper()
	p, err := Open(filepath.Join("testdata", name), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mean returns the mean absolute difference of two images of one size.
func mean(t *testing.T, a, b *RGB) float64 {
	t.Helper()
	if a.Width != b.Width || a.Height != b.Height {
		t.Fatalf("%d x %d against %d x %d", a.Width, a.Height, b.Width, b.Height)
	}
	sum := 0.0
	for i := range a.Pix {
		sum += math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}

// Files that Pillow wrote of one picture (testdata/README.md).
func TestFormats(t *testing.T) {
	t.Parallel()
	plain := open(t, "plain.png")
	grey := NewRGB(plain.Width, plain.Height)
	for i := 0; i < len(plain.Pix); i += 3 {
		l := uint8((299*int(plain.Pix[i]) + 587*int(plain.Pix[i+1]) + 114*int(plain.Pix[i+2])) / 1000)
		grey.Pix[i], grey.Pix[i+1], grey.Pix[i+2] = l, l, l
	}
	pale := NewRGB(plain.Width, plain.Height)
	for i, v := range plain.Pix {
		pale.Pix[i] = uint8((int(v)*128 + 255*127) / 255)
	}
	for _, c := range []struct {
		file    string
		want    *RGB
		allowed float64
	}{
		{"baseline.jpg", plain, 2}, {"progressive.jpg", plain, 2}, {"grey.jpg", grey, 2}, {"cmyk.jpg", plain, 4},
		{"palette.png", open(t, "palette_expected.png"), 0}, {"grey16.png", grey, 1}, {"alpha.png", pale, 1},
		{"lossless.webp", plain, 0}, {"lossy.webp", plain, 8}, {"animated.gif", plain, 12}, {"plain.bmp", plain, 0},
	} {
		if d := mean(t, open(t, c.file), c.want); d > c.allowed {
			t.Errorf("%s differs by %.2f on average", c.file, d)
		}
	}
	for o := 1; o <= 8; o++ {
		if d := mean(t, open(t, fmt.Sprintf("exif%d.jpg", o)), plain); d > 3 {
			t.Errorf("orientation %d: differs by %.2f on average", o, d)
		}
	}
}

// bomb is a PNG whose header claims a size and which has nothing else.
func bomb(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), 8, 2, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	jpg, err := os.ReadFile("testdata/baseline.jpg")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		data []byte
		say  string
	}{
		{"empty.jpg", nil, "is empty"},
		{"text.jpg", []byte("this is a letter, not a photo"), "looks like text"},
		{"cut.jpg", jpg[:len(jpg)*2/3], "cut off"},
		{"header.jpg", jpg[:10], "cut off"},
		{"bomb.png", bomb(20000, 20000), "20000 x 20000 pixels"},
		{"none.png", bomb(0, 5), "bomb"},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path, Limits{})
		if err == nil || !strings.Contains(err.Error(), path) ||
			(c.name != "none.png" && !strings.Contains(err.Error(), c.say)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.say)
		}
	}
	if _, err := Open(filepath.Join(dir, "gone.jpg"), Limits{}); err == nil ||
		!strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
	if _, err := Open(dir, Limits{}); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("got %v", err)
	}
}

func TestOnePixel(t *testing.T) {
	t.Parallel()
	p := NewRGB(1, 1)
	copy(p.Pix, []uint8{10, 20, 30})
	out := make([]float32, 3*4*4)
	Square(p, 4, out)
	for i, v := range out {
		if v != float32(p.Pix[i%3]) {
			t.Fatalf("value %d is %g", i, v)
		}
	}
}

func TestRoundTripThroughImage(t *testing.T) {
	t.Parallel()
	p := open(t, "plain.png")
	if d := mean(t, FromImage(p.Image()), p); d != 0 {
		t.Errorf("differs by %g", d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"exif6.jpg", "palette.png", "lossy.webp", "animated.gif", "progressive.jpg"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(bytes.NewReader(data), "fuzz", Limits{MaxPixels: 1 << 16})
		if err == nil && len(p.Pix) != 3*p.Width*p.Height {
			t.Errorf("%d values for %d x %d", len(p.Pix), p.Width, p.Height)
		}
	})
}

func BenchmarkSquare(b *testing.B) {
	p := NewRGB(500, 400)
	out := make([]float32, 3*224*224)
	for b.Loop() {
		Square(p, 224, out)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := encoded(b, 500, 400)
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(data), "bench", Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFromSquare(t *testing.T) {
	t.Parallel()
	p := FromSquare([]float32{-3, 0.4, 0.6, 254.4, 254.6, 300, 1, 2, 3, 4, 5, 6}, 2)
	if want := []uint8{0, 0, 1, 254, 255, 255, 1, 2, 3, 4, 5, 6}; p.Width != 2 || p.Height != 2 ||
		!slices.Equal(p.Pix, want) {
		t.Errorf("got %v, want %v", p.Pix, want)
	}
}

func ExamplePerimeter() {
	p := NewRGB(2, 1)
	copy(p.Pix, []uint8{0, 0, 0, 201, 100, 50})
	fmt.Println(Perimeter(p))
	// Output: [100 50 25]
}

// The fast path agrees with the definition for every kind of subsampling.
func TestYCbCrAgainstDefinition(t *testing.T) {
	t.Parallel()
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422,
		image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410} {
		m := image.NewYCbCr(image.Rect(0, 0, 13, 7), ratio)
		for i := range m.Y {
			m.Y[i] = uint8(i * 37)
		}
		for i := range m.Cb {
			m.Cb[i], m.Cr[i] = uint8(i*61), uint8(i*113)
		}
		for _, view := range []image.Image{m, m.SubImage(image.Rect(3, 1, 12, 6))} {
			b := view.Bounds()
			p := FromImage(view)
			for y := range p.Height {
				for x := range p.Width {
					r, g, bl, _ := view.At(b.Min.X+x, b.Min.Y+y).RGBA()
					i := 3 * (y*p.Width + x)
					if p.Pix[i] != uint8(r>>8) || p.Pix[i+1] != uint8(g>>8) || p.Pix[i+2] != uint8(bl>>8) {
						t.Fatalf("%s at (%d, %d): %v, want %d %d %d", ratio, x, y, p.Pix[i:i+3], r>>8, g>>8, bl>>8)
					}
				}
			}
		}
	}
}
