package studio

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

var (
	redPaint  = mesh.Material{Diffuse: mesh.Color{R: 0.6}}
	bluePaint = mesh.Material{Diffuse: mesh.Color{B: 0.6}}
)

func box(c mesh.Vec, m mesh.Material) *mesh.Mesh {
	return &mesh.Mesh{Parts: []mesh.Part{mesh.Box(c, mesh.Vec{X: 2, Y: 2, Z: 2}, m)}}
}

// front looks along +y at the height of the middle, undisturbed.
func front() Shot {
	return Shot{Width: 100, Height: 100, FieldOfView: 0.5, Fill: 0.8, Ambient: 0.5, Exposure: 1, Floating: true,
		Key: Light{direction(0, 0.7), mesh.Color{R: 0.8, G: 0.8, B: 0.8}}, Ground: Ground{Wall: mesh.Color{R: 1, G: 1, B: 1}}}
}

// A cube of side 2: its half diagonal sqrt(3) fills 0.8 of the half frame, 40 pixels
// of 50. Its near face is at distance d - 1 from the eye and so half of it spans
// focal / (d - 1) pixels.
func TestPerspectiveByHand(t *testing.T) {
	s := front()
	focal := 50 / math.Tan(0.25)
	d := math.Sqrt(3) / math.Sin(math.Atan(40/focal))
	half := focal / (d - 1)
	img, err := Shoot(box(mesh.Vec{}, redPaint), s)
	if err != nil {
		t.Fatal(err)
	}
	red := 0
	for x := range 100 {
		if c := img.NRGBAAt(x, 50); int(c.R) > int(c.B)+30 {
			red++
		}
	}
	if math.Abs(float64(red)-2*half) > 2 {
		t.Errorf("the face spans %d pixels, want %.1f", red, 2*half)
	}
}

func TestNearerSurfaceWins(t *testing.T) {
	m := box(mesh.Vec{}, redPaint)
	m.Add(mesh.Box(mesh.Vec{Y: -3}, mesh.Vec{X: 1, Y: 1, Z: 1}, bluePaint)) // before the red one
	img, err := Shoot(m, front())
	if err != nil {
		t.Fatal(err)
	}
	if c := img.NRGBAAt(50, 50); int(c.B) < int(c.R)+30 {
		t.Errorf("in the middle is %v, not the blue box in front", c)
	}
	behind := front()
	behind.Azimuth = math.Pi
	if img, err = Shoot(m, behind); err != nil {
		t.Fatal(err)
	}
	if c := img.NRGBAAt(50, 50); int(c.R) < int(c.B)+30 {
		t.Errorf("from behind there is %v, not red", c)
	}
}

func TestGlassShowsWhatIsBehind(t *testing.T) {
	m := box(mesh.Vec{}, redPaint)
	glass := bluePaint
	glass.Opacity = 0.3
	m.Add(mesh.Box(mesh.Vec{Y: -2}, mesh.Vec{X: 2, Y: 0.2, Z: 2}, glass))
	img, err := Shoot(m, front())
	if err != nil {
		t.Fatal(err)
	}
	if c := img.NRGBAAt(50, 50); c.R < 40 || c.B < 20 {
		t.Errorf("through the glass there is %v", c)
	}
}

func TestBadShots(t *testing.T) {
	if _, err := Shoot(&mesh.Mesh{}, front()); err == nil {
		t.Error("a product without a shape must be refused")
	}
	s := front()
	s.Width = 0
	if _, err := Shoot(box(mesh.Vec{}, redPaint), s); err == nil {
		t.Error("a photo without pixels must be refused")
	}
}

// deviation of an image's brightness; a blank photo has none.
func deviation(m *image.NRGBA) float64 {
	sum, squares, n := 0.0, 0.0, 0.0
	for i := 0; i < len(m.Pix); i += 4 {
		v := float64(m.Pix[i+1])
		sum, squares, n = sum+v, squares+v*v, n+1
	}
	return math.Sqrt(squares/n - sum*sum/n/n)
}

func TestRandomShotsAreNotBlank(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range 40 {
		s := RandomShot(rng, Style{Size: 64, Tumble: i%2 == 0})
		img, err := Shoot(box(mesh.Vec{}, redPaint), s)
		if err != nil {
			t.Fatal(err)
		}
		if d := deviation(img); d < 4 {
			t.Errorf("shot %d is blank (deviation %.1f): %+v", i, d, s)
		}
	}
}

func few(n int) List {
	var l List
	for i := range n {
		l = append(l, Product{ID: fmt.Sprintf("box-%d", i), Title: "Box", Category: "Boxes > Red",
			Mesh: func() (*mesh.Mesh, error) { return box(mesh.Vec{}, redPaint), nil }})
	}
	return l
}

// digest hashes all files of a folder.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		fmt.Fprintf(h, "%s %d\n", name, len(data))
		h.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// The same seed gives the same bytes on any number of cores and after a break.
func TestReproducibleAndResumable(t *testing.T) {
	opts := Options{Seed: 5, Search: 4, Style: Style{Size: 48}}
	whole, broken := t.TempDir(), t.TempDir()
	before := runtime.GOMAXPROCS(1)
	_, err := Photograph(context.Background(), whole, few(12), opts, nil)
	runtime.GOMAXPROCS(max(2, before))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Photograph(ctx, broken, few(12), opts, func(done, total int) {
		if done == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(broken, catalog.PhotosFile)); err == nil {
		t.Error("photos.csv is there before all photos are")
	}
	summary, err := Photograph(context.Background(), broken, few(12), opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Drawn == 0 || summary.Drawn >= summary.Photos {
		t.Errorf("%d of %d photos were drawn after the break", summary.Drawn, summary.Photos)
	}
	if a, b := digest(t, whole), digest(t, broken); a != b {
		t.Error("the resumed catalogue differs from the unbroken one")
	}
	runtime.GOMAXPROCS(before)
}

func TestSplitsAreByProduct(t *testing.T) {
	dir := t.TempDir()
	if _, err := Photograph(context.Background(), dir, few(30),
		Options{Seed: 1, Search: 10, Style: Style{Size: 16}}, nil); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSplits(); err != nil {
		t.Error(err)
	}
	side := map[string]bool{} // product of the file name -> searched for
	for _, p := range c.Photos {
		product := p.ID[:strings.LastIndex(p.ID, "-")]
		searched := p.Split == catalog.Query || p.Split == catalog.Index
		if was, seen := side[product]; seen && was != searched {
			t.Errorf("product %s is on both sides", product)
		}
		side[product] = searched
		if (p.Product != "") != searched {
			t.Errorf("photo %s in %s has the product %q", p.ID, p.Split, p.Product)
		}
	}
	s := c.Summary()
	if s.BySplit[catalog.Query] != 10 || s.BySplit[catalog.Val] == 0 || s.BySplit[catalog.Train] == 0 ||
		s.BySplit[catalog.Index] < 30 {
		t.Errorf("got %+v", s)
	}
}

func BenchmarkShoot(b *testing.B) {
	m := &mesh.Mesh{Parts: []mesh.Part{mesh.Ellipsoid(mesh.Vec{}, mesh.Vec{X: 1, Y: 1, Z: 1}, 140, redPaint)}}
	s := RandomShot(rand.New(rand.NewPCG(1, 1)), Style{})
	b.ReportMetric(float64(len(m.Parts[0].Triangles)), "triangles")
	for b.Loop() {
		if _, err := Shoot(m, s); err != nil {
			b.Fatal(err)
		}
	}
}

// many is products without shapes: what a catalogue of any size costs besides drawing.
type many int

func (n many) Len() int { return int(n) }

func (n many) At(i int) Product {
	return Product{ID: fmt.Sprintf("stacker-%06d", i), Title: "Stacking tower with four rings, tan and navy",
		Category: "Toys > Baby toys > Stacking towers"}
}

// BenchmarkFile writes photos.csv of 20,000 products and reports the memory that grows
// with the photos.
func BenchmarkFile(b *testing.B) {
	var before, after runtime.MemStats
	photos := 0
	most := uint64(0)
	for b.Loop() {
		dir := b.TempDir()
		runtime.GC()
		runtime.ReadMemStats(&before)
		w, err := catalog.Create(dir)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for i := range 20_000 {
			for _, row := range planFor(many(20_000).At(i), i, Options{Search: 20_000}).rows {
				if err := w.Write(row); err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		most = max(most, (after.HeapAlloc-before.HeapAlloc)/uint64(n))
		photos += n
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(photos)/b.Elapsed().Seconds(), "photos/s")
	b.ReportMetric(float64(most), "held-bytes/photo")
}

func ExampleShoot() {
	m := &mesh.Mesh{Parts: []mesh.Part{mesh.Box(mesh.Vec{}, mesh.Vec{X: 1, Y: 1, Z: 1}, redPaint)}}
	shot := RandomShot(rand.New(rand.NewPCG(1, 2)), Style{})
	shot.Width, shot.Height = 64, 48
	photo, err := Shoot(m, shot)
	fmt.Println(photo.Bounds().Size(), err)
	// Output: (64,48) <nil>
}

// Photos of another seed, size or maker are never mixed into a catalogue; more products are
// added, and the same ones stay.
func TestPhotographMixesNothing(t *testing.T) {
	dir := t.TempDir()
	opts := Options{Seed: 1, Search: 2, Style: Style{Size: 16}, Maker: "pvs data synth"}
	try := func(n int, change func(o *Options)) error {
		o := opts
		change(&o)
		_, err := Photograph(context.Background(), dir, few(n), o, nil)
		return err
	}
	first, err := Photograph(context.Background(), dir, few(3), opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(o *Options){
		"seed":  func(o *Options) { o.Seed = 2 },
		"size":  func(o *Options) { o.Style.Size = 20 },
		"plain": func(o *Options) { o.Style.Plain = 1 },
		"maker": func(o *Options) { o.Maker = "pvs data kicad" },
	} {
		err := try(3, change)
		if err == nil || !strings.Contains(err.Error(), "holds a catalogue of pvs data synth (seed 1, 16 pixels)") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	// Also where only photos are there, of a drawing that was interrupted.
	if err := os.Remove(filepath.Join(dir, catalog.PhotosFile)); err != nil {
		t.Fatal(err)
	}
	if err := try(3, func(o *Options) { o.Seed = 2 }); err == nil {
		t.Error("photos of an interrupted drawing were taken")
	}
	more, err := Photograph(context.Background(), dir, few(4), opts, nil)
	if err != nil || more.Photos-more.Drawn != first.Photos {
		t.Errorf("%+v, then %+v, %v", first, more, err)
	}
}

// Products fill photos of a close style, and those of the usual one as always.
func TestClose(t *testing.T) {
	for _, c := range []struct{ fill, low, high float64 }{{0, 0.62, 1.05}, {0.8, 0.62, 0.8}, {Close, 1.03, Close}} {
		rng := rand.New(rand.NewPCG(1, 2))
		low, high := 9.0, 0.0
		for range 500 {
			s := RandomShot(rng, Style{MaxFill: c.fill})
			low, high = min(low, s.Fill), max(high, s.Fill)
		}
		if low < c.low || low > c.low+0.05 || high > c.high || high < c.high-0.05 {
			t.Errorf("MaxFill %g: from %g to %g, not %g to %g", c.fill, low, high, c.low, c.high)
		}
	}
}
