package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample makes a gallery of two queries with three results each; one photo is missing.
func sample(t testing.TB) Gallery {
	dir := t.TempDir()
	photo := func(id string, c color.Color) Photo {
		m := image.NewNRGBA(image.Rect(0, 0, 60, 40))
		draw.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
		path := filepath.Join(dir, id+".png")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return Photo{ID: id, Path: path, Product: "p-" + id, Category: "Mugs", Title: "<script>alert('" + id + "')</script>"}
	}
	row := func(q string, recall float64, right ...bool) Row {
		r := Row{Query: photo(q, color.RGBA{200, 0, 0, 255}), Recall: recall, Relevant: 2}
		for i, ok := range right {
			p := photo(fmt.Sprintf("%s-r%d", q, i), color.RGBA{0, 0, 200, 255})
			r.Results = append(r.Results, Result{Photo: p, Rank: i + 1, Score: 0.9 - float32(i)/10, Right: ok})
		}
		return r
	}
	g := Gallery{Title: "Test", Systems: []System{{"network", 0.5, 0.4, 0.6}, {"baseline", 0.1, 0.05, 0.15}}, Total: 2,
		Rows: []Row{row("q1", 1, true, false, true), row("q2", 0, false, false, false)}}
	g.Rows[1].Results[2].Path = filepath.Join(dir, "missing.png")
	return g
}

func TestPNG(t *testing.T) {
	t.Parallel()
	g := sample(t)
	path := filepath.Join(t.TempDir(), "g.png")
	if err := g.PNG(path); err != nil {
		t.Fatal(err)
	}
	m := decode(t, path)
	count := map[color.RGBA]int{}
	b := m.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			r, gr, bl, _ := m.At(x, y).RGBA()
			count[color.RGBA{uint8(r >> 8), uint8(gr >> 8), uint8(bl >> 8), 255}]++
		}
	}
	frame := int((2*(side+8)*2 - 0) * 4 * scale * scale / 2) // two right results with frames 4 wide
	if count[green] < frame {
		t.Errorf("%d green pixels, want at least the %d of two frames", count[green], frame)
	}
	if count[color.RGBA{200, 0, 0, 255}] < int(side*side) || count[color.RGBA{225, 226, 230, 255}] < int(side*side) {
		t.Error("a photo or the field of the missing one is not drawn")
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	g := sample(t)
	path := filepath.Join(t.TempDir(), "g.html")
	if err := g.HTML(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, want := range []string{"q1", "q2", "q1-r2", "q2-r2", "network", "0.500 [0.400, 0.600]", "2 of 2 queries"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script>alert", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if n := strings.Count(page, `class="right"`); n != 2 {
		t.Errorf("%d results are marked right, want 2", n)
	}
}

func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	g := sample(t)
	folder := g.Rows[0].Query.Path // a file, so that nothing can be made in it
	for _, err := range []error{g.PNG(filepath.Join(folder, "g.png")), g.HTML(filepath.Join(folder, "g.html"))} {
		if err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("got %v", err)
		}
	}
}

func ExamplePick() {
	var rows []Row
	for i, recall := range []float64{0.2, 1, 0, 0.6} {
		rows = append(rows, Row{Query: Photo{ID: fmt.Sprint("q", i)}, Recall: recall})
	}
	for _, r := range Pick(rows, 1, 1) {
		fmt.Println(r.Query.ID, r.Recall)
	}
	// Output:
	// q1 1
	// q2 0
}

// The page of a check names every photo, escapes texts, and says how many are left out.
func TestFindingsHTML(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	photo := filepath.Join(dir, "a.png")
	f, err := os.Create(photo)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 400, 100))); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "check.html")
	err = Findings{Title: "A <check>", Sections: []Section{
		{Name: "leak", Fault: true, Total: 1234,
			Items: []Item{{Photo: &Photo{ID: "q<1>", Path: photo, Split: "query"},
				Other: &Photo{ID: "gone", Path: filepath.Join(dir, "none.jpg")}, Detail: "in both"}}},
		{Name: "few photos", Total: 1, Items: []Item{{Name: "Toys & Games", Detail: "2 photos"}}},
		{Name: "blank"},
	}}.HTML(page)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{"A &lt;check&gt;", "q&lt;1&gt;", "data:image/jpeg;base64,", "no picture",
		"1 of 1,234 are shown", "Toys &amp; Games", "<tr class=\"none\">"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "ZgotmplZ") || strings.Count(text, "<img") != 1 {
		t.Error("the page has an unsafe value or a picture of a missing file")
	}
	if m := fitted(photo, 200); m.Bounds().Dx() != 200 || m.Bounds().Dy() != 50 {
		t.Errorf("400 x 100 was fitted to %v", m.Bounds())
	}
}
