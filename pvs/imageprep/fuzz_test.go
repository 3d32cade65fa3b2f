package imageprep

import (
	"bytes"
	"strings"
	"testing"
)

// fuzzKind starts from the small images whose names begin in one way.
func fuzzKind(f *testing.F, prefix string, most int) {
	files, index := kinds(f)
	for _, line := range index {
		name, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(name, prefix) && len(files[name]) < most {
			f.Add(files[name])
			// so that what is compiled once is not counted as hanging
			_, _ = Decode(bytes.NewReader(files[name]), name, Limits{})
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(bytes.NewReader(data), "fuzz", Limits{MaxPixels: 1 << 14})
		switch {
		case err != nil && !strings.HasPrefix(err.Error(), "fuzz"):
			t.Errorf("said %v", err)
		case err != nil && strings.Contains(err.Error(), "gave up"):
			t.Errorf("panicked: %v", err)
		case err == nil && (len(p.Pix) != 3*p.Width*p.Height || p.Width*p.Height > 1<<14):
			t.Errorf("%d values for %d x %d", len(p.Pix), p.Width, p.Height)
		}
	})
}

func FuzzJPEG(f *testing.F) { fuzzKind(f, "j_", 2000) }
func FuzzEXIF(f *testing.F) { fuzzKind(f, "e_", 2000) }
func FuzzPNG(f *testing.F)  { fuzzKind(f, "p_", 1000) }
func FuzzWebP(f *testing.F) { fuzzKind(f, "w_", 1000) }
func FuzzGIF(f *testing.F)  { fuzzKind(f, "g_", 2000) }
func FuzzBMP(f *testing.F)  { fuzzKind(f, "b_", 3000) }
func FuzzTIFF(f *testing.F) { fuzzKind(f, "t_", 2000) }
func FuzzHEIC(f *testing.F) { fuzzKind(f, "h_", 1500) }
func FuzzAVIF(f *testing.F) { fuzzKind(f, "a_", 1500) }
