package bmff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

func box(kind string, parts ...[]byte) []byte {
	out := []byte("\x00\x00\x00\x00" + kind)
	for _, p := range parts {
		out = append(out, p...)
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// file is a HEIF file of one picture of four bytes, stored in the meta box.
func file(at, size byte) []byte {
	return append(box("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")), box("meta", []byte{0, 0, 0, 0},
		box("pitm", []byte{0, 0, 0, 0, 0, 1}),
		box("iinf", []byte{0, 0, 0, 0, 0, 1}, box("infe", []byte{2, 0, 0, 0, 0, 1, 0, 0}, []byte("hvc1\x00"))),
		box("iloc", []byte{1, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, at, 0, 0, 0, size}),
		box("iprp", box("ipco", box("ispe", []byte{0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 4})), box("ipma", []byte{0, 0, 0,
			0, 0, 0, 0, 1, 0, 1, 1, 0x81})),
		box("idat", []byte{1, 2, 3, 4}))...)
}

func Example() {
	f, err := Parse(file(1, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	item := f.Items[f.Primary]
	size, _ := item.Property("ispe")
	data, err := f.Data(item)
	fmt.Println(f.Brands, item.Type, size[4:], data, err)
	// Output: [heic mif1 heic] hvc1 [0 0 0 6 0 0 0 4] [2 3] <nil>
}

func TestOutside(t *testing.T) {
	for _, place := range [][2]byte{{1, 4}, {5, 0}, {0, 5}} {
		f, err := Parse(file(place[0], place[1]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Data(f.Items[1]); !errors.Is(err, ErrCutOff) {
			t.Errorf("%v: %v", place, err)
		}
	}
	whole := file(0, 4)
	for n := len(whole) - 1; n > 28; n-- {
		if f, err := Parse(whole[:n]); err == nil && f.Primary != 0 {
			t.Errorf("%d of %d bytes were taken for whole", n, len(whole))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(file(0, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			return
		}
		for _, item := range file.Items {
			if d, err := file.Data(item); err == nil && len(d) > len(data) {
				t.Errorf("%d bytes of %d", len(d), len(data))
			}
		}
	})
}
