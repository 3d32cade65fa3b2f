package jpegall

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"testing"
)

// grey is a JPEG of one grey, 20 x 12 pixels.
func grey(t testing.TB) []byte {
	m := image.NewGray(image.Rect(0, 0, 20, 12))
	for i := range m.Pix {
		m.Pix[i] = 200
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil && t != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func Example() {
	m, err := Decode(grey(nil), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Width, m.Height, len(m.Planes), m.Planes[0][0], m.Process)
	// Output: 20 12 1 200 baseline
}

// The standard library sees the same, up to how it rounds.
func TestAgainstStandardLibrary(t *testing.T) {
	src := image.NewRGBA(image.Rect(0, 0, 53, 41))
	for i := range src.Pix {
		src.Pix[i] = uint8(i*7 + i/53*3)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, src, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	m, err := Decode(out.Bytes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := jpeg.Decode(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for y := range 41 {
		for x := range 53 {
			a, b := int(m.Planes[0][y*53+x]), int(want.(*image.YCbCr).YCbCrAt(x, y).Y)
			if a-b > 1 || b-a > 1 {
				t.Fatalf("at (%d, %d): %d, want %d", x, y, a, b)
			}
		}
	}
}

func TestCutOff(t *testing.T) {
	data := grey(t)
	for n := range data {
		if _, err := Decode(data[:n], nil); err == nil {
			t.Errorf("%d of %d bytes were taken for whole", n, len(data))
		}
	}
	if _, err := Decode(data[:len(data)-2], nil); !errors.Is(err, ErrCutOff) {
		t.Errorf("said %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(grey(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(data)
		if err != nil || h.Width > 1<<14/max(h.Height, 1) {
			return
		}
		m, err := Decode(data, nil)
		if err == nil && len(m.Planes[0]) != m.Width*m.Height {
			t.Errorf("%d samples", len(m.Planes[0]))
		}
		_ = Complete(data)
	})
}
