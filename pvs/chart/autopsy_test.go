package chart

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pictureFiles writes n different JPEGs of noise in patches, as hard to compress as photos are.
func pictureFiles(t testing.TB, n, side int) []string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	var out []string
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, side, side))
		for y := range side {
			for x := range side {
				if x%6 > 0 || y == 0 {
					continue
				}
				c := color.RGBA{uint8(rng.IntN(256)), uint8(100 + rng.IntN(56)), uint8(y), 255}
				for k := range min(6, side-x) {
					m.SetRGBA(x+k, y, c)
				}
			}
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.jpg", i))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := jpeg.Encode(f, m, nil); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		out = append(out, path)
	}
	return out
}

// autopsyOf has n cases with ten results and three missed photos each, of some files.
func autopsyOf(n int, files []string) Autopsy {
	a := Autopsy{Title: "Why queries miss", Subtitle: "a test", Footer: "the end",
		Causes: []AutopsyCause{
			{Key: "turned", Name: "turned", Explain: "It lies.", Queries: n, Main: n / 2, Gain: 0.02, Low: 0.01, High: 0.03,
				Cure: "turned back"},
			{Key: "kin", Name: "its category", Queries: n, Main: n - n/2, Gain: 0.2, Low: 0.1, High: 0.3, AtMost: true,
				Cure: "told apart", Command: "pvs fit <catalogue> & more"}}}
	photo := func(i int) Photo {
		return Photo{ID: fmt.Sprintf("photo-%06d", i), Path: files[i%len(files)], Product: fmt.Sprintf("product-%05d", i/6),
			Category: "Mugs & </script> cups", Title: "A mug of which there is a long title, white and blue"}
	}
	for i := range n {
		c := AutopsyCase{Query: photo(14 * i), Score: "2 of 5 found", Causes: []AutopsyFinding{
			{[]string{"turned", "kin"}[i%2], "turned 90 degrees counter-clockwise it is nearer by 0.123; chance brings 0.045"},
			{"kin", "7 of 8 wrong results are other products of its category"}}}
		for k := range 10 {
			c.Results = append(c.Results, Result{Photo: photo(14*i + 1 + k), Rank: k + 1, Score: 0.5, Right: k < 2})
		}
		for k := range 3 {
			c.Missed = append(c.Missed, Missed{photo(14*i + 11 + k), "beyond 100"})
		}
		a.Cases = append(a.Cases, c)
	}
	return a
}

// pageData reads the data of a page's script, and returns the whole page.
func pageData(t *testing.T, path string, into any) string {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), `<script id="data" type="application/json">`)
	text, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// The page's data is whole, has each picture once, and ends no script early.
func TestAutopsyPage(t *testing.T) {
	t.Parallel()
	files := pictureFiles(t, 30, 40)
	a := autopsyOf(20, files)
	a.Cases[3].Heat = &AutopsyHeat{Other: a.Cases[0].Query, Side: 2, InQuery: []float32{0, 1, 0, 0},
		InItem: make([]float32, 4)}
	path := filepath.Join(t.TempDir(), "autopsy.html")
	if err := a.HTML(path); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Cases    [][]json.RawMessage
		Pictures []string
		Causes   [][]string
	}
	data := pageData(t, path, &page)
	if len(page.Cases) != 20 || len(page.Pictures) != 30 || len(page.Causes) != 2 || len(page.Cases[3]) != 6 {
		t.Errorf("the page has %d cases, %d pictures, %d causes", len(page.Cases), len(page.Pictures), len(page.Causes))
	}
	for _, s := range []string{"at most &#43;0.200", "[&#43;0.100", "pvs fit &lt;catalogue&gt; &amp; more"} {
		if !strings.Contains(data, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	if err := a.PNG(filepath.Join(t.TempDir(), "autopsy.png")); err != nil {
		t.Error(err)
	}
}

// A photo under a heat map is brightest and coloured where the heat is.
func TestHeated(t *testing.T) {
	t.Parallel()
	files := pictureFiles(t, 1, 64)
	heat := make([]float32, 64)
	heat[8*6+1] = 1
	m := heated(files[0], heat, 8)
	colourful := func(x, y int) int {
		c := m.RGBAAt(x, y)
		return int(max(c.R, c.G, c.B)) - int(min(c.R, c.G, c.B))
	}
	if colourful(12, 52) < 60 || colourful(52, 12) > 20 {
		t.Errorf("colours differ by %d in the heat and by %d elsewhere", colourful(12, 52), colourful(52, 12))
	}
	for _, x := range []struct {
		path string
		side int
		want string
	}{{files[0], 8, ""}, {files[0], 7, "64 values are no heat of 7 x 7 places"},
		{"none.jpg", 8, "none.jpg cannot be read"}} {
		m, err := Heated(x.path, heat, x.side)
		if (m != nil) != (x.want == "") || (err != nil) != (x.want != "") ||
			err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("the heat of %s at side %d: %v, want %q", x.path, x.side, err, x.want)
		}
	}
}

// A page of 10,000 queries with as many different photos as there are is below 30 MB.
func TestAutopsyOfTenThousand(t *testing.T) {
	t.Parallel()
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("draws 9,000 pictures; PVS_SLOW=1 runs it")
	}
	path := filepath.Join(t.TempDir(), "autopsy.html")
	if to := os.Getenv("PVS_PAGE"); to != "" {
		path = to
	}
	if err := autopsyOf(10_000, pictureFiles(t, 9000, 120)).HTML(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%.1f MB", float64(info.Size())/1e6); info.Size() > 30e6 {
		t.Errorf("%d bytes", info.Size())
	}
}
