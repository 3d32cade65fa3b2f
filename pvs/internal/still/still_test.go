package still

import (
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// white is a white picture of 16 x 8 pixels in AV1, made by libaom.
const white = "EgAKCBgMv7DAQ0GoMgwSgAghALdQUlstTEA="

func picture() []byte {
	data, err := base64.StdEncoding.DecodeString(white)
	if err != nil {
		panic(err)
	}
	return data
}

func Example() {
	d, err := New(AV1)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer d.Close()
	err = d.Decode(picture(), 0, 16*8, func(p *Picture) error {
		fmt.Println(p.Width, p.Height, p.Chroma == Grey, p.Bits, p.FullRange, p.Planes[0][0])
		return nil
	})
	fmt.Println(err)
	// Output:
	// 16 8 true 8 true 255
	// <nil>
}

// Hostile data end in an error, and a decoder of its own is not harmed by those of others.
func TestDamaged(t *testing.T) {
	var w sync.WaitGroup
	for i := range 8 {
		w.Go(func() {
			for _, codec := range []Codec{HEVC, AV1} {
				d, err := New(codec)
				if err != nil {
					t.Error(err)
					return
				}
				data := picture()
				data[3+i] ^= 0xff
				if err := d.Decode(append([]byte{0, 0, 0, byte(len(data))}, data...), 0, 128,
					func(*Picture) error { return nil }); err == nil {
					t.Errorf("%s: damaged data were taken", codec)
				}
				d.Close()
			}
		})
	}
	w.Wait()
	d, err := New(AV1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 3 {
		if err := d.Decode(picture(), 0, 128, func(*Picture) error { return nil }); err != nil {
			t.Error(err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	d, err := New(AV1)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Decode(picture(), 0, 100, func(*Picture) error { return nil }); !errors.Is(err, ErrDamaged) &&
		!errors.Is(err, ErrTooLarge) {
		t.Errorf("said %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(picture(), false)
	f.Add([]byte{0, 0, 0, 1, 0x40}, true)
	for _, codec := range []Codec{HEVC, AV1} { // so that compiling is not counted as hanging
		d, err := New(codec)
		if err != nil {
			f.Fatal(err)
		}
		d.Close()
	}
	f.Fuzz(func(t *testing.T, data []byte, hevc bool) {
		codec := AV1
		if hevc {
			codec = HEVC
		}
		d, err := New(codec)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		_ = d.Decode(data, 0, 1<<14, func(p *Picture) error {
			if p.Width*p.Height > 1<<14 {
				t.Errorf("%d x %d", p.Width, p.Height)
			}
			return nil
		})
	})
}
