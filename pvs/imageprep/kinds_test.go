package imageprep

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// kinds are images that other programs wrote, and what Pillow makes of them (testdata/kinds.py).
func kinds(t testing.TB) (files map[string][]byte, index []string) {
	t.Helper()
	z, err := zip.OpenReader("testdata/kinds.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	index = strings.Split(strings.TrimSpace(string(files["index.txt"])), "\n")
	if len(index) < 300 {
		t.Fatalf("only %d files", len(index))
	}
	return files, index
}

// Every image is upright and within 3 of Pillow's pixels, or refused by a sentence on what it is and what to save it
// as.
func TestKinds(t *testing.T) {
	t.Parallel()
	files, index := kinds(t)
	for _, line := range index {
		name, want, _ := strings.Cut(line, "\t")
		p, err := Decode(bytes.NewReader(files[name]), name, Limits{})
		if say, ok := strings.CutPrefix(want, "!"); ok {
			if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), "JPEG") ||
				strings.Contains(err.Error(), "damaged") {
				t.Errorf("%s: said %v, want %q", name, err, say)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		var w, h int
		var pixels string
		if _, err := fmt.Sscan(want, &w, &h, &pixels); err != nil {
			t.Fatal(err)
		}
		if p.Width != w || p.Height != h {
			t.Errorf("%s is %d x %d, want %d x %d", name, p.Width, p.Height, w, h)
			continue
		}
		worst, at := 0, 0
		for i, v := range files[pixels] {
			if d := max(int(v), int(p.Pix[i])) - min(int(v), int(p.Pix[i])); d > worst {
				worst, at = d, i/3
			}
		}
		if worst > 3 {
			t.Errorf("%s differs by %d at (%d, %d): %v, want %v", name, worst, at%w, at/w, p.Pix[3*at:3*at+3],
				files[pixels][3*at:3*at+3])
		}
	}
}

// An image that was cut off is refused, or all of its picture is there: in animations and files with something behind
// the picture.
func TestKindsCutOff(t *testing.T) {
	t.Parallel()
	files, index := kinds(t)
	for _, line := range index {
		name, want, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(want, "!") {
			continue
		}
		data := files[name]
		whole, err := Decode(bytes.NewReader(data), name, Limits{})
		if err != nil {
			continue // TestKinds says so
		}
		step := max(1, len(data)/12)
		if strings.HasPrefix(name, "h_") || strings.HasPrefix(name, "a_") {
			step = max(1, len(data)/4)
		}
		for n := len(data) - 1; n > 0; n -= step {
			p, err := Decode(bytes.NewReader(data[:n]), name, Limits{})
			if err == nil && (p.Width != whole.Width || !slices.Equal(p.Pix, whole.Pix)) {
				t.Errorf("%s: %d of %d bytes were taken for another picture", name, n, len(data))
			}
			if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("said: %v", err)
			}
		}
	}
}

// Damaged data of HEIC and AVIF end in an error or a picture of the right size, and do not stop what comes later.
func TestDamagedStills(t *testing.T) {
	t.Parallel()
	files, _ := kinds(t)
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for _, name := range []string{"h_420.heic", "a_420.avif", "h_grid.heic", "a_alpha.avif"} {
		data := files[name]
		for range 12 {
			bad := bytes.Clone(data)
			for range 4 {
				bad[len(bad)/2+r.IntN(len(bad)/2)] ^= byte(1 + r.IntN(255))
			}
			if _, err := Decode(bytes.NewReader(bad), name, Limits{}); err != nil {
				refused++
			}
		}
		if _, err := Decode(bytes.NewReader(data), name, Limits{}); err != nil {
			t.Error(err)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// Sizes are refused before anything is decoded, in every kind.
func TestKindsOverLimit(t *testing.T) {
	t.Parallel()
	files, index := kinds(t)
	for _, line := range index {
		name, want, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(want, "!") {
			continue
		}
		_, err := Decode(bytes.NewReader(files[name]), name, Limits{MaxPixels: 100})
		if err == nil || !strings.Contains(err.Error(), name+" claims ") || !strings.Contains(err.Error(),
			"over the limit") {
			t.Errorf("%s: said %v", name, err)
		}
	}
}
