package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// plain is a JPEG of one colour, with a frame of another around it.
func plain(inside, frame color.RGBA) []byte { return framed(inside, frame, 64, 48) }

func framed(inside, frame color.RGBA, width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := inside
			if x < width/4 || x >= 3*width/4 || y < height/4 || y >= 3*height/4 {
				c = frame
			}
			m.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 95}); err != nil {
		panic(err)
	}
	return out.Bytes()
}

var (
	red   = color.RGBA{220, 30, 30, 255}
	green = color.RGBA{30, 200, 40, 255}
	blue  = color.RGBA{30, 40, 220, 255}
	white = color.RGBA{255, 255, 255, 255}
	black = color.RGBA{0, 0, 0, 255}
)

// shop is a catalogue of coloured products, in a folder.
type shop struct {
	*Server
	index *memory
	dir   string
	logs  []string
}

// vectorOfJPEG is a photo's vector by the colour histogram.
func vectorOfJPEG(t testing.TB, data []byte) []float32 {
	t.Helper()
	photo, err := imageprep.Decode(bytes.NewReader(data), "the photo", imageprep.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := embed.One(embed.Histogram{}, "", photo)
	if err == nil {
		err = set.Normalize()
	}
	if err != nil {
		t.Fatal(err)
	}
	return set.Row(0)
}

func openShop(t testing.TB, change func(*Options)) *shop {
	t.Helper()
	s := &shop{index: newMemory("shop", embed.Histogram{}.Dim()), dir: t.TempDir()}
	for _, p := range []struct {
		Photo
		inside, frame color.RGBA
	}{
		{Photo{ID: "red-1", Product: "red", Category: "Cups > Mugs", Title: "Red mug",
			Fields: map[string]string{"size": "s"}}, red, white},
		{Photo{ID: "red/2", Product: "red", Category: "Cups > Mugs", Title: "Red mug",
			Fields: map[string]string{"size": "s"}}, red, black},
		{Photo{ID: "green-1", Product: "green", Category: "Cups > Glasses",
			Title: `Green <script>alert("x")</script>`}, green, white},
		{Photo{ID: "blue-1", Product: "blue", Category: "Plates", Title: "Blue plate"}, blue, white},
		{Photo{ID: "loose", Category: "Plates", Title: "Of no product"}, black, white},
	} {
		data := plain(p.inside, p.frame)
		p.Path = strings.ReplaceAll(p.ID, "/", "_") + ".jpg"
		if err := os.WriteFile(filepath.Join(s.dir, p.Path), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.index.Put(context.Background(), p.Photo, vectorOfJPEG(t, data)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := OpenFiles(s.dir, filepath.Join(s.dir, "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Index: s.index, Embedder: embed.Histogram{}, Files: files,
		Log: func(line string) { s.logs = append(s.logs, line) }}
	if change != nil {
		change(&opts)
	}
	if s.Server, err = New(opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		files.Close()
	})
	return s
}

// form is a request with fields and files; a file's field begins with @.
func form(method, url string, parts ...any) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(parts); i += 2 {
		name := parts[i].(string)
		if file, is := strings.CutPrefix(name, "@"); is {
			part, err := w.CreateFormFile(file, "sent.jpg")
			if err != nil {
				panic(err)
			}
			part.Write(parts[i+1].([]byte))
			continue
		}
		w.WriteField(name, fmt.Sprint(parts[i+1]))
	}
	w.Close()
	r := httptest.NewRequest(method, url, &body)
	r.Host = "127.0.0.1:8080"
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func get(url string) *http.Request {
	r := httptest.NewRequest("GET", url, nil)
	r.Host = "127.0.0.1:8080"
	return r
}

// answers sends a request and reads the JSON into v; nil: not at all.
func (s *shop) answers(t testing.TB, r *http.Request, status int, v any) http.Header {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	if w.Code != status {
		t.Fatalf("%s %s: status %d, not %d: %s", r.Method, r.URL, w.Code, status, body)
	}
	if v != nil {
		if err := json.Unmarshal(body, v); err != nil {
			t.Fatalf("%s %s: %v in %s", r.Method, r.URL, err, body)
		}
	}
	return w.Header()
}

// refuses expects a problem whose detail holds a text, in one sentence without the folder's name.
func (s *shop) refuses(t testing.TB, r *http.Request, status int, say string) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	h := s.answers(t, r, status, &p)
	if kind := h.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s %s: an error as %s", r.Method, r.URL, kind)
	}
	if p.Status != status || p.Title == "" || !strings.Contains(p.Detail, say) || strings.Contains(p.Detail, s.dir) ||
		strings.Contains(p.Detail, "\n") {
		t.Errorf("%s %s: %+v; want %d with %q", r.Method, r.URL, p, status, say)
	}
}

func names(a searchAnswer) string {
	var list []string
	for _, p := range a.Products {
		list = append(list, cmpOr(p.Product, p.Photo))
	}
	return strings.Join(list, " ")
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
