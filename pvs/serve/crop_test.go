package serve

import (
	"bytes"
	"math"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

func TestCrop(t *testing.T) {
	for text, want := range map[string]*Crop{
		"": nil, "0,0,1,1": nil, "0.25,0.5,0.5,0.5": {0.25, 0.5, 0.5, 0.5}, " 0 , 0, 0.5,0.5": {0, 0, 0.5, 0.5},
		"0.5,0.5,0.5004,0.5": {0.5, 0.5, 0.5, 0.5},
	} {
		got, err := ParseCrop(text)
		if err != nil || (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "1,2,3,4", "0,0,0,1", "-0.1,0,0.5,0.5", "NaN,0,1,1", "0,0,Inf,1", "0,0,1",
		"0,0,1,1,1",
		"1,1,0.0005,0.0005", "1e-400,0,1e400,1", "0.6,0,0.5,1"} {
		if got, err := ParseCrop(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
	p := imageprep.NewRGB(100, 50)
	for i := range p.Pix {
		p.Pix[i] = uint8(i / 3 % 100)
	}
	part, err := (&Crop{0.5, 0.2, 0.25, 0.6}).of(p)
	if err != nil || part.Width != 25 || part.Height != 30 || part.Pix[0] != 50 || part.Pix[3*24] != 74 {
		t.Errorf("%v, %d x %d", err, part.Width, part.Height)
	}
}

// Whatever the text, a crop is refused or lies within the photo.
func FuzzCrop(f *testing.F) {
	for _, text := range []string{"", "0.1,0.2,0.5,0.5", "0,0,1,1", "1,1,1,1", "NaN,0,1,1", "0.9995,0,0.001,1"} {
		f.Add(text, 640, 480)
	}
	f.Fuzz(func(t *testing.T, text string, width, height int) {
		c, err := ParseCrop(text)
		if err != nil || c == nil {
			return
		}
		if c.X < 0 || c.Y < 0 || c.Width <= 0 || c.Height <= 0 || c.X+c.Width > 1+1e-12 || c.Y+c.Height > 1+1e-12 ||
			math.IsNaN(c.X+c.Y+c.Width+c.Height) {
			t.Fatalf("%q is %+v", text, c)
		}
		again, err := ParseCrop(c.String())
		if err == nil && again != nil && math.Abs(again.X-c.X)+math.Abs(again.Y-c.Y) > 2e-4 {
			t.Fatalf("%q: %+v is %q is %+v", text, c, c.String(), again)
		}
		p := imageprep.NewRGB(min(max(width, 1), 500), min(max(height, 1), 500))
		part, err := c.of(p)
		if err == nil && (part.Width < least || part.Height < least || part.Width > p.Width || part.Height > p.Height) {
			t.Fatalf("%q: %d x %d of %d x %d", text, part.Width, part.Height, p.Width, p.Height)
		}
	})
}

// Whatever the body, a search answers with a result or a problem of the client's.
func FuzzForm(f *testing.F) {
	photo := plain(red, white)
	for _, parts := range [][]any{
		{"@photo", photo, "crop", "0,0,0.5,0.5"}, {"id", "red-1", "k", 3, "category", "Cups"},
		{"@photo", photo[:100]}, {"positive", "red-1", "negative", "red/2", "filter", "size=s", "explain", "1"},
		{"@photo", []byte("GIF89a"), "min_score", "-0.5"},
	} {
		r := form("POST", "/v1/search", parts...)
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		_, boundary, _ := strings.Cut(r.Header.Get("Content-Type"), "boundary=")
		f.Add(body.Bytes(), boundary)
	}
	s := openShop(f, func(o *Options) { o.MaxPixels = 100_000 })
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		r := httptest.NewRequest("POST", "/v1/search", bytes.NewReader(body))
		r.Host = "127.0.0.1"
		w := multipart.NewWriter(new(bytes.Buffer))
		if w.SetBoundary(boundary) != nil {
			return
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
		got := httptest.NewRecorder()
		s.ServeHTTP(got, r)
		if got.Code != 200 && got.Code/100 != 4 || strings.Contains(got.Body.String(), s.dir) {
			t.Fatalf("%d: %s", got.Code, got.Body)
		}
	})
}

// Whatever the link, it is refused or has a direction.
func FuzzLink(f *testing.F) {
	f.Add(linkOf("key", []float32{0.6, 0.8}))
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, link string) {
		v, err := parseLink(link, "key", 2)
		if err == nil && math.Abs(dot(v, v)-1) > 1e-5 {
			t.Fatalf("%q: %v", link, v)
		}
	})
}

// A part of a photo needs as many pixels as a whole one: the photo is then decoded larger.
func TestSuffices(t *testing.T) {
	for text, want := range map[string]int{"": 448, "0,0,0.5,1": 896, "0.1,0.2,0.5,0.25": 1792} {
		c, err := ParseCrop(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.suffices(448); got != want {
			t.Errorf("%q: %d pixels suffice, want %d", text, got, want)
		}
		if got := c.suffices(0); got != 0 {
			t.Errorf("%q: %d pixels, where photos are decoded whole", text, got)
		}
	}
}
