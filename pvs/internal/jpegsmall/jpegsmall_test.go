package jpegsmall

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/jpegall"
)

// small are photos and their pixels at parts of their size, by libjpeg-turbo (testdata/small.py).
func small(t testing.TB) map[string][]byte {
	t.Helper()
	z, err := zip.OpenReader("testdata/small.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// each calls a function with each photo that suits.
func each(t testing.TB, files map[string][]byte, do func(name string, data []byte, h *jpegall.Header)) {
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if name, ok := strings.CutSuffix(file, ".jpg"); ok {
			h, err := jpegall.ReadHeader(files[file])
			if err != nil {
				t.Fatal(err)
			}
			do(name, files[file], h)
		}
	}
}

// Pixels are those of libjpeg-turbo, every one.
func TestAgainstPillow(t *testing.T) {
	t.Parallel()
	files, count := small(t), 0
	each(t, files, func(name string, data []byte, h *jpegall.Header) {
		for _, by := range []int{4, 8} {
			got, err := Decode(data, h, by)
			if h.Progressive && by == 4 {
				if !errors.Is(err, ErrUnusual) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			want := files[fmt.Sprintf("%s.%d", name, by)]
			if count++; err != nil || len(got) != len(want) {
				t.Errorf("%s at 1/%d: %v, %d values, want %d", name, by, err, len(got), len(want))
				continue
			}
			for i, v := range want {
				if got[i] != v {
					t.Errorf("%s at 1/%d: value %d is %d, want %d", name, by, i, got[i], v)
					break
				}
			}
		}
	})
	if count < 100 {
		t.Errorf("only %d pictures", count)
	}
}

// scanOf is where the data of a photo's scan begin and end.
func scanOf(data []byte) (begin, end int) {
	at := bytes.Index(data, []byte{0xff, markSOS})
	return at + 2 + int(data[at+2])<<8 + int(data[at+3]), bytes.Index(data, []byte{0xff, 0xd9})
}

// Wherever the scan is cut off, with an end marker or without one, the photo is refused. Of a progressive one the end
// of a scan that is not needed may be missing.
func TestCutOff(t *testing.T) {
	t.Parallel()
	each(t, small(t), func(name string, data []byte, h *jpegall.Header) {
		whole, err := Decode(data, h, 8)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 6000 && !h.Progressive {
			return
		}
		begin, end := scanOf(data)
		for n := end - 1; n >= begin; n -= 1 + (end-n)/20 {
			for _, behind := range [][]byte{nil, {0xff, 0xd9}} {
				cut := append(bytes.Clone(data[:n]), behind...)
				if got, err := Decode(cut, h, 8); err == nil && (!h.Progressive || !bytes.Equal(got, whole)) {
					t.Errorf("%s: %d of %d bytes were taken for a whole photo", name, n, end)
				}
			}
		}
	})
}

// Restart markers that are missing, of another number or behind other data are refused.
func TestRestarts(t *testing.T) {
	t.Parallel()
	files := small(t)
	whole := files["420_restart5.jpg"]
	h, err := jpegall.ReadHeader(whole)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Decode(whole, h, 8)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte{0xff, 0xd1})
	filled := slices.Concat(whole[:at], []byte{0xff, 0xff}, whole[at:])
	if got, err := Decode(filled, h, 8); err != nil || !bytes.Equal(got, want) {
		t.Errorf("fill bytes before a marker: %v", err)
	}
	other := bytes.Clone(whole)
	other[at+1] = 0xd2
	for name, data := range map[string][]byte{"missing": slices.Concat(whole[:at], whole[at+2:]), "another": other,
		"behind a byte": slices.Concat(whole[:at], []byte{0}, whole[at:]),
		"behind many":   slices.Concat(whole[:at], make([]byte, 3*windowSize), whole[at:])} {
		if _, err := Decode(data, h, 8); err == nil {
			t.Errorf("a marker that is %s was not missed", name)
		}
	}
}

// What a decoder keeps of one photo does not get into the next one.
func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	files := small(t)
	want := map[string][]byte{}
	each(t, files, func(name string, data []byte, h *jpegall.Header) {
		want[name], _ = Decode(data, h, 8)
	})
	r := rand.New(rand.NewPCG(1, 1))
	names := slices.Sorted(maps.Keys(want))
	for range 500 {
		name := names[r.IntN(len(names))]
		data := files[name+".jpg"]
		h, err := jpegall.ReadHeader(data)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(data)
		for range 3 {
			bad[r.IntN(len(bad))] ^= byte(1 << r.IntN(8))
		}
		_, _ = Decode(bad, h, 4<<r.IntN(2))
		if got, _ := Decode(data, h, 8); !bytes.Equal(got, want[name]) {
			t.Fatalf("%s has become another picture", name)
		}
	}
	// Tables of a file before are not those of a file without any.
	data := files["444_optimised.jpg"]
	h, err := jpegall.ReadHeader(data)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte{0xff, markDHT})
	scan := bytes.Index(data, []byte{0xff, markSOS})
	if _, err := Decode(slices.Concat(data[:at], data[scan:]), h, 8); err == nil {
		t.Error("a photo without tables of codes was decoded")
	}
}

// What is decoded here is whole and sound for the strict decoder, too.
func FuzzDecode(f *testing.F) {
	each(f, small(f), func(name string, data []byte, h *jpegall.Header) {
		if len(data) < 2500 {
			f.Add(data)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := jpegall.ReadHeader(data)
		if err != nil || h.Width > 1<<14/max(h.Height, 1) {
			return
		}
		for _, by := range []int{4, 8} {
			got, err := Decode(data, h, by)
			if err != nil {
				continue
			}
			if len(got) != 3*ceil(h.Width, by)*ceil(h.Height, by) {
				t.Errorf("%d values for %d x %d at 1/%d", len(got), h.Width, h.Height, by)
			}
			if again, err := Decode(data, h, by); err != nil || !bytes.Equal(again, got) {
				t.Errorf("another picture the second time: %v", err)
			}
			if !h.Progressive {
				if _, err := jpegall.Decode(data, nil); err != nil {
					t.Errorf("it is damaged: %v", err)
				}
			}
		}
	})
}

// BenchmarkDecode decodes the photo of the environment variable PVS_LARGE at a part of its size.
func BenchmarkDecode(b *testing.B) {
	path := os.Getenv("PVS_LARGE")
	if path == "" {
		b.Skip("PVS_LARGE names no photo")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	h, err := jpegall.ReadHeader(data)
	if err != nil {
		b.Fatal(err)
	}
	for _, by := range []int{4, 8} {
		b.Run(fmt.Sprint(by), func(b *testing.B) {
			for b.Loop() {
				if _, err := Decode(data, h, by); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "photos/s")
		})
	}
}
