package imageprep

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"
)

// encoded is a JPEG of smooth colours.
func encoded(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(100 + x/2), uint8(y / 2), uint8(128 + 50*math.Sin(float64(x+y)/30)), 255})
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
