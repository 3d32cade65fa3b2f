package imageprep

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pixel opens a file and returns its size and a pixel.
func pixel(t *testing.T, name string, x, y int) (w, h int, rgb []uint8) {
	t.Helper()
	p, err := Open(filepath.Join("testdata/cases", name), Limits{})
	if err != nil {
		t.Error(err)
		return 0, 0, []uint8{0, 0, 0}
	}
	return p.Width, p.Height, p.Pix[3*(y*p.Width+x):][:3]
}

func near(a, b []uint8) bool {
	for i := range a {
		if max(a[i], b[i])-min(a[i], b[i]) > 3 {
			return false
		}
	}
	return true
}

// Inputs that failed, as they were reported.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		x, y int
		want []uint8
	}{
		{"webp-lossy-range/webp_bw.webp", 2, 2, []uint8{0, 0, 0}}, {"webp-lossy-range/webp_bw.webp", 61, 2,
			[]uint8{255, 255, 255}},
		{"webp-lossy-range/webp_red.webp", 30, 30, []uint8{230, 20, 20}}, {"jpeg-multiscan-cut/whole.jpg", 2, 2,
			[]uint8{255, 255, 255}},
	} {
		if _, _, got := pixel(t, c.name, c.x, c.y); !near(got, c.want) {
			t.Errorf("%s at (%d, %d): %v, want %v", c.name, c.x, c.y, got, c.want)
		}
	}
	want := open(t, "cases/exif-missed/exif_MM.jpg")
	for _, name := range []string{"exif_II_long", "exif_MM_long", "exif_fill", "exif_fillbeforejfif"} {
		got := open(t, "cases/exif-missed/"+name+".jpg")
		if got.Width != 47 || got.Height != 61 || !slices.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: %d x %d", name, got.Width, got.Height)
		}
	}
	if p := open(t, "cases/bmp-v5-alpha/bmp_v5_rgb_x0.bmp"); slices.Min(p.Pix) > 200 {
		t.Error("bmp_v5_rgb_x0.bmp is white")
	}
	for _, name := range []string{"bmp_16_565.bmp", "bmp_os2.bmp", "cmyk_420.jpg", "cmyk_noadobe.jpg", "jpg_s_31.jpg",
		"other.heic", "other.tiff", "webp_anim.webp"} {
		if w, h, _ := pixel(t, "unsupported-sentence/"+name, 0, 0); w != 61 || h != 47 {
			t.Errorf("%s: %d x %d", name, w, h)
		}
	}
	for name, say := range map[string][]string{"jpeg-multiscan-cut/cut.jpg": {"cut off"},
		"unsupported-sentence/jpg_arith.jpg": {"an arithmetic-coded JPEG", "save it as"}} {
		_, err := Open(filepath.Join("testdata/cases", name), Limits{})
		for _, s := range say {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%s: said %v", name, err)
			}
		}
	}
}
