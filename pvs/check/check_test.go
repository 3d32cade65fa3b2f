package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// scene draws soft blobs on a shaded ground: another for each seed.
func scene(seed uint64, width, height int) *image.RGBA {
	rng := rand.New(rand.NewPCG(seed, 3))
	type blob struct{ x, y, r, c0, c1, c2 float64 }
	var blobs []blob
	for range 6 {
		blobs = append(blobs, blob{rng.Float64(), rng.Float64(), 0.05 + 0.2*rng.Float64(), 200 * (rng.Float64() - 0.5),
			200 * (rng.Float64() - 0.5), 200 * (rng.Float64() - 0.5)})
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := (float64(x)+0.5)/float64(width), (float64(y)+0.5)/float64(height)
			c := [3]float64{150 + 40*u, 150 + 40*v, 150}
			for _, b := range blobs {
				k := 1 / (1 + math.Exp(30*(math.Hypot(u-b.x, v-b.y)-b.r)))
				c[0], c[1], c[2] = c[0]+k*b.c0, c[1]+k*b.c1, c[2]+k*b.c2
			}
			at := func(v float64) uint8 { return uint8(min(255, max(0, v))) }
			m.SetRGBA(x, y, color.RGBA{at(c[0]), at(c[1]), at(c[2]), 255})
		}
	}
	return m
}

func encode(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func decode(t testing.TB, data []byte) *imageprep.RGB {
	t.Helper()
	p, err := imageprep.Decode(bytes.NewReader(data), "test", imageprep.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A picture of one colour shrinks to that colour, and areas add up whatever the size.
func TestShrinkKeepsTheMean(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{7, 5}, {33, 100}, {64, 64}, {301, 17}} {
		p := imageprep.FromImage(scene(1, size[0], size[1]))
		mean := 0.0
		for i := 0; i < len(p.Pix); i += 3 {
			mean += float64(p.Pix[i]) / float64(len(p.Pix)/3)
		}
		for _, q := range []planes{shrink(p, 16), shrink(p, 80).inset(0, 32)} {
			got := 0.0
			for _, v := range q.c[0] {
				got += float64(v) / float64(len(q.c[0]))
			}
			if math.Abs(got-mean) > 0.01 {
				t.Errorf("%v shrunk to %d: mean %.3f, want %.3f", size, q.side, got, mean)
			}
		}
	}
}

// part is a crop by shares of each side.
func part(m *image.RGBA, left, top, right, bottom float64) image.Image {
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	return m.SubImage(image.Rect(int(left*w), int(top*h), int((1-right)*w), int((1-bottom)*h)))
}

// Copies agree and are proposed; other pictures, and the picture with another object,
// do not agree.
func TestAlign(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		m := scene(seed, 240, 180)
		whole := decode(t, encode(t, m, 90))
		prints, _ := fingerprints(whole)
		for name, copied := range map[string][]byte{
			"encoded again":         encode(t, m, 40),
			"half the size":         encode(t, scene(seed, 120, 90), 80),
			"other aspect":          encode(t, scene(seed, 200, 200), 80),
			"cropped all round":     encode(t, part(m, 0.05, 0.05, 0.05, 0.05), 80),
			"cropped at one corner": encode(t, part(m, 0.05, 0.05, 0, 0), 80),
			"cropped at one side":   encode(t, part(m, 0, 0.05, 0, 0), 80),
		} {
			other := decode(t, copied)
			a, b := newPicture(whole), newPicture(other)
			if v := max(align(a, b), align(b, a)); v < sameAbove {
				t.Errorf("scene %d %s: agreement %.3f", seed, name, v)
			}
			theirs, _ := fingerprints(other)
			if v := nearest(prints, theirs); v < proposedAbove {
				t.Errorf("scene %d %s: fingerprints %.3f", seed, name, v)
			}
		}
		other := decode(t, encode(t, scene(seed+100, 240, 180), 90))
		a, b := newPicture(whole), newPicture(other)
		if v := max(align(a, b), align(b, a)); v >= 0.9 {
			t.Errorf("scenes %d and %d: agreement %.3f", seed, seed+100, v)
		}
	}
}

// nearest is what a search over the margins of either finds.
func nearest(a, b Fingerprints) float32 {
	dot := func(a, b Fingerprint) (s float32) {
		var x, y [FingerprintLen]float32
		a.floats(x[:])
		b.floats(y[:])
		for i := range x {
			s += x[i] * y[i]
		}
		return s
	}
	most := float32(-1)
	for m := range margins {
		most = max(most, dot(a[m], b[0]), dot(a[0], b[m]))
	}
	return most
}

// The same shape in another colour is another product.
func TestColourIsNotBrightness(t *testing.T) {
	t.Parallel()
	m := scene(3, 200, 200)
	p := imageprep.FromImage(m)
	turned := imageprep.NewRGB(p.Width, p.Height)
	for i := 0; i < len(p.Pix); i += 3 {
		turned.Pix[i], turned.Pix[i+1], turned.Pix[i+2] = p.Pix[i+1], p.Pix[i+2], p.Pix[i]
	}
	if v := align(newPicture(p), newPicture(turned)); v >= sameAbove {
		t.Errorf("turned colours agree by %.3f", v)
	}
	brighter := imageprep.NewRGB(p.Width, p.Height)
	for i, v := range p.Pix {
		brighter.Pix[i] = uint8(float64(v)*0.8 + 10)
	}
	if v := align(newPicture(p), newPicture(brighter)); v < sameAbove {
		t.Errorf("a darker copy agrees by %.3f", v)
	}
}

// folder writes photos and returns their files.
func folder(t testing.TB, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScanKeepsAndGoesOn(t *testing.T) {
	t.Parallel()
	a, b := encode(t, scene(1, 90, 60), 90), encode(t, scene(2, 50, 70), 90)
	grey := image.NewGray(image.Rect(0, 0, 30, 30))
	dir := folder(t, map[string][]byte{"a.jpg": a, "b,\"b.jpg": b, "cut.jpg": a[:len(a)/2], "empty.jpg": {},
		"text.jpg": []byte("no picture"), "grey.jpg": encode(t, grey, 90)})
	var files []string
	for _, name := range []string{"a.jpg", "b,\"b.jpg", "cut.jpg", "empty.jpg", "text.jpg", "grey.jpg", "missing.jpg"} {
		files = append(files, filepath.Join(dir, name))
	}
	name := filepath.Join(t.TempDir(), "scan")
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Scan(ctx, files, name, ScanOptions{Progress: func(done, total int) {
		if done == 2 {
			cancel()
		}
	}}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(name + ".csv"); err == nil {
		t.Error("an interrupted scan left its result")
	}
	// A kill may cut the last line off.
	part, err := os.OpenFile(name+".csv.part", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.WriteString(files[0] + ",12"); err != nil || part.Close() != nil {
		t.Fatal(err)
	}
	facts, err := Scan(context.Background(), files, name, ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if f := facts[0]; f.Width != 90 || f.Height != 60 || f.Problem != "" || f.Bytes != int64(len(a)) || f.Blank() {
		t.Errorf("got %+v", f)
	}
	if !facts[5].Blank() {
		t.Error("a grey picture is not blank")
	}
	for i, say := range map[int]string{2: "cut off", 3: "empty", 4: "text", 6: "no such file"} {
		if !strings.Contains(facts[i].Problem, say) {
			t.Errorf("%s: %q, want %q", files[i], facts[i].Problem, say)
		}
	}
	// Cached facts are used: here a width that no file has.
	kept, err := os.ReadFile(name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".csv", bytes.Replace(kept, []byte(",30,30,"), []byte(",31,30,"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	// A file of another size is looked at again, and so is one that was replaced behind its
	// size and time of modification, as rsync -t does.
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	swapped := slices.Clone(a)
	swapped[len(swapped)/2] ^= 1
	if err := errors.Join(os.WriteFile(files[0], swapped, 0o644), os.Chtimes(files[0], info.ModTime(), info.ModTime()),
		os.WriteFile(files[1], a, 0o644)); err != nil {
		t.Fatal(err)
	}
	again, err := Scan(context.Background(), files, name, ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if again[5].Width != 31 {
		t.Error("a file of the same size and times was looked at again")
	}
	if runtime.GOOS == "linux" && again[0].SHA256 == facts[0].SHA256 {
		t.Error("a file that was replaced behind its size and time was not looked at again")
	}
	if again[1].SHA256 != facts[0].SHA256 {
		t.Error("a file that changed was not looked at again")
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for i := range 8 {
		files[fmt.Sprintf("%d.jpg", i)] = encode(t, scene(uint64(i), 120, 120), 90)
	}
	files["8.jpg"] = files["3.jpg"]
	files["9.jpg"] = encode(t, scene(5, 80, 80), 60)
	dir := folder(t, files)
	var paths []string
	for i := range 10 {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.jpg", i)))
	}
	out := t.TempDir()
	facts, err := Scan(context.Background(), paths, filepath.Join(out, "scan"), ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from the cache
		pairs, err := Duplicates(context.Background(), paths, facts, filepath.Join(out, "duplicates"), DuplicateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(pairs) != 2 || pairs[0] != (Pair{A: 3, B: 8, Agreement: 1, Exact: true}) || pairs[1].A != 5 ||
			pairs[1].B != 9 || pairs[1].Exact {
			t.Fatalf("got %+v", pairs)
		}
		if got, want := Groups(10, pairs), []int{0, 1, 2, 3, 4, 5, 6, 7, 3, 5}; !slices.Equal(got, want) {
			t.Errorf("groups %v, want %v", got, want)
		}
	}
}

// store writes vectors and opens them.
func store(t testing.TB, dim int, rows [][]float32) *vectors.Rows {
	t.Helper()
	name := filepath.Join(t.TempDir(), "set")
	w, err := vectors.OpenWriter(name, dim, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if err := w.Append(fmt.Sprint("p", i), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	set, err := vectors.OpenRows(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return set
}

// For blocks of any size, and after an interruption, the result is that of comparing all pairs.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	const n, dim, k = 60, 6, 5
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([][]float32, n)
	unit := make([][]float64, n)
	for i := range rows {
		rows[i], unit[i] = make([]float32, dim), make([]float64, dim)
		length := 0.0
		for d := range dim {
			rows[i][d] = float32(rng.NormFloat64())
			length += float64(rows[i][d]) * float64(rows[i][d])
		}
		for d := range dim {
			unit[i][d] = float64(rows[i][d]) / math.Sqrt(length)
		}
	}
	set := store(t, dim, rows)
	for _, block := range []int{0, 1, 7, n} {
		name := filepath.Join(t.TempDir(), "near")
		near, err := Neighbours(context.Background(), set, k, name, "test", SearchOptions{Block: block})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			var want []Neighbour
			for j := range n {
				if j != i {
					s := 0.0
					for d := range dim {
						s += unit[i][d] * unit[j][d]
					}
					want = append(want, Neighbour{j, float32(s)})
				}
			}
			want = best(want, k)
			got, err := near.Of(i)
			if err != nil || len(got) != k {
				t.Fatal(got, err)
			}
			for j := range got {
				if got[j].Row != want[j].Row || math.Abs(float64(got[j].Score-want[j].Score)) > 1e-5 {
					t.Fatalf("blocks of %d, row %d: %v, want %v", block, i, got, want)
				}
			}
		}
		if err := near.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if near, err := Neighbours(context.Background(), store(t, 1, [][]float32{{1}}), k, filepath.Join(t.TempDir(), "one"),
		"test", SearchOptions{}); err != nil {
		t.Error(err)
	} else if list, err := near.Of(0); err != nil || list != nil {
		t.Errorf("a single row has the neighbours %v, %v", list, err)
	}
}

// labelled is three categories of four products with three photos each.
func labelled(t *testing.T, k int) ([]catalog.Photo, *vectors.Rows, *Near) {
	rng := rand.New(rand.NewPCG(4, 4))
	var photos []catalog.Photo
	var values [][]float32
	for c := range 3 {
		for i := range 12 {
			v := make([]float32, 16)
			v[c] = 1
			v[4+4*c+i/3] = 0.6 // the product
			for d := range v {
				v[d] += float32(0.05 * rng.NormFloat64())
			}
			values = append(values, v)
			photos = append(photos, catalog.Photo{ID: fmt.Sprint("p", len(photos)), Split: catalog.Index,
				Product: fmt.Sprintf("product-%d-%d", c, i/3), Category: catalog.Category(fmt.Sprint("category ", c))})
		}
	}
	rows := store(t, 16, values)
	near, err := Neighbours(context.Background(), rows, k, filepath.Join(t.TempDir(), "near"), "test", SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	return photos, rows, near
}

func TestSuspectLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, i, j int
		kind    Kind
	}{{11, 0, 20, SuspectCategory}, {2, 30, 35, SuspectProduct}} {
		photos, rows, near := labelled(t, c.k)
		alone := Groups(len(photos), nil)
		suspects := func() []Finding {
			found, err := SuspectLabels(context.Background(), photos, rows, near, alone, Labels{Margin: 0.1, Agree: 2})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if found := suspects(); len(found) != 0 {
			t.Fatalf("of right labels %v are suspicious", found)
		}
		a, b := &photos[c.i], &photos[c.j] // exchange their labels
		a.Product, b.Product, a.Category, b.Category = b.Product, a.Product, b.Category, a.Category
		if found := suspects(); len(found) != 2 || found[0].Kind != c.kind || found[1].Kind != c.kind ||
			found[0].Photo+found[1].Photo != c.i+c.j {
			t.Errorf("exchanged %d and %d: got %v", c.i, c.j, found)
		}
		for i := range photos { // one category leaves nothing to judge by
			photos[i].Category = "all"
		}
		for _, f := range suspects() {
			if f.Kind == SuspectCategory {
				t.Errorf("of one category, %v is suspicious", f)
			}
		}
	}
}

// A verdict is that of the definition of the discriminant when the photo's own category
// is averaged without it.
func TestVerdictLeavesThePhotoOut(t *testing.T) {
	t.Parallel()
	photos, rows, _ := labelled(t, 2)
	groups := Groups(len(photos), []Pair{{A: 1, B: 2}}) // 2 is a copy of 1 and not in the mean
	c, err := learnClasses(context.Background(), rows, photos, groups)
	if err != nil {
		t.Fatal(err)
	}
	x := make([][]float64, len(photos))
	for i := range x {
		if x[i], err = c.centred(rows, i, make([]float32, 16)); err != nil {
			t.Fatal(err)
		}
		c.whiten(x[i])
	}
	for i := range photos {
		score := func(category catalog.Category) float64 {
			mean, n := make([]float64, 16), 0.0
			for j, p := range photos {
				if p.Category == category && j != i && j != 2 {
					n++
					for d := range mean {
						mean[d] += x[j][d]
					}
				}
			}
			for d := range mean {
				mean[d] /= n
			}
			return dot(x[i], mean) - dot(mean, mean)/2
		}
		want := math.Inf(-1)
		for k := range 3 {
			if other := catalog.Category(fmt.Sprint("category ", k)); other != photos[i].Category {
				want = max(want, score(other)-score(photos[i].Category))
			}
		}
		got, err := c.judge(rows, i, photos[i].Category, make([]float32, 16))
		if err != nil || math.Abs(got.margin-want) > 1e-6*math.Abs(want) {
			t.Errorf("photo %d: margin %g, want %g, %v", i, got.margin, want, err)
		}
	}
}

func TestCholesky(t *testing.T) {
	t.Parallel()
	s := []float64{4, 0, 0, 2, 5, 0, -2, 3, 9}
	if err := cholesky(s, 3); err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]float64{0: 2, 3: 1, 4: 2, 6: -1, 7: 2, 8: 2} {
		if math.Abs(s[i]-want) > 1e-12 {
			t.Errorf("value %d is %g, want %g", i, s[i], want)
		}
	}
	if err := cholesky([]float64{1, 0, 2, 1}, 2); err == nil {
		t.Error("a matrix that is not positive was taken")
	}
}

// Ten copies of a wrongly labelled photo must not outvote the right ones.
func TestCopiesDoNotVote(t *testing.T) {
	t.Parallel()
	list := []Neighbour{{1, 0.99}, {2, 0.98}, {3, 0.97}, {4, 0.5}, {5, 0.4}}
	if got, want := independent(0, list, []int{0, 1, 1, 0, 4, 5}),
		[]Neighbour{{1, 0.99}, {4, 0.5}, {5, 0.4}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestExamine(t *testing.T) {
	t.Parallel()
	photos := []catalog.Photo{
		{ID: "a", Split: catalog.Train, Category: "X"}, {ID: "b", Split: catalog.Train, Category: "X"},
		{ID: "c", Split: catalog.Query, Product: "m", Category: "X"}, // the same picture as a
		{ID: "d", Split: catalog.Query, Product: "n", Category: "Y"},
		{ID: "e", Split: catalog.Index, Product: "n", Category: "Y"}, // the same picture as d
		{ID: "f", Split: catalog.Index, Product: "o", Category: "Y"}, // and again, of another product
		{ID: "g", Split: catalog.Val, Product: "o", Category: "Y"},   // the product leaks
		{ID: "h", Split: catalog.Index, Product: "o", Category: "Y"},
		{ID: "i", Split: catalog.Index, Product: "o", Category: "Y"},
	}
	facts := make([]Facts, len(photos))
	for i := range facts {
		facts[i] = Facts{Width: 100, Height: 80, Deviation: 30}
	}
	facts[6].Problem = "gone"
	facts[7].Deviation = 0
	facts[8].Height = 20
	pairs := []Pair{{A: 0, B: 2, Agreement: 1, Exact: true}, {A: 3, B: 4, Agreement: 0.99}, {A: 3, B: 5, Agreement: 0.98}}
	r := Examine(&catalog.Catalog{Photos: photos}, facts, pairs, nil, Limits{MinSide: 64, Few: 3})
	var got []string
	for _, f := range r.Findings {
		p, _ := r.Photo(f.Photo)
		o, _ := r.Photo(f.Other)
		got = append(got, fmt.Sprintf("%s %s%s%s", f.Kind, p.ID, o.ID, f.Category))
	}
	want := []string{"unreadable g", "leak ca", "leak ed", "leak fd", "leak fg", "contradiction fd", "exact duplicate ca",
		"near duplicate ed", "near duplicate fd",
		"blank h", "small i", "few photos Y", "few photos X", "no match c"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if r.Faults() != 6 || r.Sizes.Photos != 8 || r.Sizes.Smallest != 20 || r.Sizes.Median != 80 {
		t.Errorf("%d faults, sizes %+v", r.Faults(), r.Sizes)
	}
	path := filepath.Join(t.TempDir(), "findings.csv")
	if err := r.WriteCSV(path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != 1+len(want) {
		t.Errorf("%s %v", text, err)
	}
}

func BenchmarkFingerprints(b *testing.B) {
	p := imageprep.FromImage(scene(1, 500, 400))
	for b.Loop() {
		fingerprints(p)
	}
}

func BenchmarkAlign(b *testing.B) {
	x, y := newPicture(imageprep.FromImage(scene(1, 240, 240))), newPicture(imageprep.FromImage(scene(2, 240, 240)))
	for b.Loop() {
		align(x, y)
	}
}
