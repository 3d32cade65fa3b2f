package studio

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// white is a plain bright surface.
var white = Finish{Pattern: Plain, Color: mesh.Color{R: 0.8, G: 0.8, B: 0.8}}

// inRoom looks at a box of 40 cm from the front, by a window on the right.
func inRoom() Shot {
	s := front()
	s.Floating, s.Fill, s.Elevation = false, 0.4, 0.5
	s.Room = &Room{Place: OnFloor, Floor: white, Wall: white, Gap: 40, Window: direction(1.2, 0.7),
		Breadth: 0.5, Height: 0.5,
		Daylight: mesh.Color{R: 0.8, G: 0.8, B: 0.8}, Sky: mesh.Color{R: 0.3, G: 0.3, B: 0.3}, Level: 0.3}
	return s
}

func crate(m mesh.Material) *mesh.Mesh {
	return &mesh.Mesh{Parts: []mesh.Part{mesh.Box(mesh.Vec{}, mesh.Vec{X: 40, Y: 40, Z: 40}, m)}}
}

// brightness of a place of the photo.
func brightness(t *testing.T, m *mesh.Mesh, s Shot, at func(c camera) (x, y float64)) float64 {
	t.Helper()
	img, err := Shoot(m, s)
	if err != nil {
		t.Fatal(err)
	}
	x, y := at(aim(s, mesh.Vec{}, 20*math.Sqrt(3), s.Width, s.Height))
	c := img.NRGBAAt(int(x), int(y))
	return (float64(c.R) + float64(c.G) + float64(c.B)) / 3
}

// point is where the camera sees a point.
func point(v mesh.Vec) func(c camera) (x, y float64) {
	return func(c camera) (x, y float64) { x, y, _ = c.project(v); return x, y }
}

// The floor is dark on the side away from the window, darker near the box than far from it.
func TestWindowShadow(t *testing.T) {
	m, s := crate(redPaint), inRoom()
	lit := brightness(t, m, s, point(mesh.Vec{X: 36, Y: -5, Z: -20}))
	near := brightness(t, m, s, point(mesh.Vec{X: -24, Y: -5, Z: -20}))
	far := brightness(t, m, s, point(mesh.Vec{X: -60, Y: -5, Z: -20}))
	if near > lit-40 || near > far-15 {
		t.Errorf("the floor is %.0f before the window, %.0f in the shadow and %.0f beyond", lit, near, far)
	}
}

// A surface under a lid is darker than the same in the open: it sees less of the sky.
func TestOcclusion(t *testing.T) {
	s := inRoom()
	s.Room.Daylight, s.Elevation = mesh.Color{}, 0.15
	grey := mesh.Material{Diffuse: mesh.Color{R: 0.5, G: 0.5, B: 0.5}}
	m := &mesh.Mesh{Parts: []mesh.Part{mesh.Box(mesh.Vec{Z: -18}, mesh.Vec{X: 40, Y: 40, Z: 4}, grey)}}
	open := newDome(m, mesh.Vec{}, 40)
	m.Add(mesh.Box(mesh.Vec{Z: -8}, mesh.Vec{X: 40, Y: 40, Z: 4}, grey))
	under := newDome(m, mesh.Vec{}, 40)
	seen := func(d *dome) float64 {
		_, open := newRoomLight(s.Room, d, -20, mesh.Vec{Y: 1}).at(mesh.Vec{Z: -16}, mesh.Vec{Z: 1}, 1, 0, 0, 1, -1)
		return open
	}
	if a, b := seen(open), seen(under); a < 0.97 || b > 0.35 {
		t.Errorf("in the open %.2f of the sky is seen, under the lid %.2f", a, b)
	}
}

// A white table before a dark wall is not lost in white, nor black where all is dark.
func TestExposure(t *testing.T) {
	dark := mesh.Color{R: 0.02, G: 0.02, B: 0.02}
	for name, floor := range map[string]Finish{"white": white, "dark": {Pattern: Plain, Color: dark}} {
		s := inRoom()
		s.Elevation = 0.2
		s.Room.Floor, s.Room.Wall.Color = floor, dark
		img, err := Shoot(crate(redPaint), s)
		if err != nil {
			t.Fatal(err)
		}
		lost, sum := 0, 0
		for i := 1; i < len(img.Pix); i += 4 {
			sum += int(img.Pix[i])
			if img.Pix[i] > 250 {
				lost++
			}
		}
		n := len(img.Pix) / 4
		if lost > n/7 || sum < 40*n {
			t.Errorf("on a %s floor %d of %d pixels are white, the mean is %d", name, lost, n, sum/n)
		}
	}
}

// quad is a square of 40 cm that faces the camera, with the image once over it.
func quad(img *mesh.Image) *mesh.Mesh {
	p := mesh.Part{Vertices: []mesh.Vec{{X: -20, Z: -20}, {X: 20, Z: -20}, {X: 20, Z: 20}, {X: -20, Z: 20}},
		UV: []mesh.UV{{}, {U: 1}, {U: 1, V: 1}, {V: 1}}, Triangles: [][3]int32{{0, 1, 2}, {0, 2, 3}},
		Material: mesh.Material{Diffuse: mesh.Color{R: 1, G: 1, B: 1}, Image: img}}
	back := mesh.Box(mesh.Vec{Y: 30}, mesh.Vec{X: 40, Y: 1, Z: 40}, bluePaint)
	return &mesh.Mesh{Parts: []mesh.Part{p, back}}
}

// The image stands upright on the product, and what is clear in it is a hole.
func TestImageTexture(t *testing.T) {
	src := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for y := range 32 {
		for x := range 32 {
			c := color.NRGBA{R: 220, A: 255}
			if y < 16 {
				c = color.NRGBA{G: 220, A: 255}
			}
			if x >= 16 && y >= 16 {
				c.A = 0
			}
			src.SetNRGBA(x, y, c)
		}
	}
	s := inRoom()
	s.Elevation = 0.05
	img, err := Shoot(quad(mesh.NewImage(src)), s)
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, _ := quad(nil).Bounds()
	cam := aim(s, lo.Add(hi).Scale(0.5), reach(quad(nil), lo.Add(hi).Scale(0.5)), s.Width, s.Height)
	at := func(x, z float64) color.NRGBA {
		px, py, _ := cam.project(mesh.Vec{X: x, Z: z})
		return img.NRGBAAt(int(px), int(py))
	}
	if c := at(-10, 10); c.G < c.R+30 {
		t.Errorf("above is %v, not green", c)
	}
	if c := at(-10, -10); c.R < c.G+30 {
		t.Errorf("below on the left is %v, not red", c)
	}
	if c := at(10, -10); c.B < c.R+20 {
		t.Errorf("through the hole there is %v, not blue", c)
	}
}

func TestGlassInARoom(t *testing.T) {
	m := crate(redPaint)
	glass := bluePaint
	glass.Opacity = 0.3
	m.Add(mesh.Box(mesh.Vec{Y: -24}, mesh.Vec{X: 40, Y: 1, Z: 40}, glass))
	s := inRoom()
	s.Elevation = 0.05
	img, err := Shoot(m, s)
	if err != nil {
		t.Fatal(err)
	}
	if c := img.NRGBAAt(50, 50); c.R < 40 || c.B < 20 {
		t.Errorf("through the glass there is %v", c)
	}
}

// Every pattern's mean stays the same from near and from afar, or floors would change
// their colour with the distance.
func TestPatternsFromAfar(t *testing.T) {
	for p := Plain; p <= Grass; p++ {
		f := Finish{Pattern: p, Color: hex(0xC0A080), Second: hex(0x806040), Width: 12, Depth: 60, Seed: 3}
		mean := func(footprint float64) float64 {
			sum := 0.0
			for i := range 4000 {
				sum += f.at(float64(i%63)*3.1, float64(i/63)*2.7, footprint).G
			}
			return sum / 4000
		}
		if a, b := mean(0.05), mean(4); math.Abs(a-b) > 0.17*a {
			t.Errorf("pattern %d: %.3f from near, %.3f from afar", p, a, b)
		}
	}
}

// Photos at all places show something.
func TestRandomRoomsAreNotBlank(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range 42 {
		home := Home{Place: Place(1 + i%int(Wet)), Flat: i%5 == 0}
		if home.Place == OnWall || home.Place == OnCeiling {
			home.Below = 150
		}
		s := RandomRoomShot(rng, Style{Size: 48}, home)
		img, err := Shoot(crate(redPaint), s)
		if err != nil {
			t.Fatal(err)
		}
		red := 0
		for i := 0; i < len(img.Pix); i += 4 {
			if int(img.Pix[i]) > 2*int(img.Pix[i+2])+20 {
				red++
			}
		}
		if d := deviation(img); d < 4 || red < len(img.Pix)/4/50 {
			t.Errorf("shot %d (place %d) is blank (deviation %.1f, %d red pixels)", i, home.Place, d, red)
		}
	}
}

// Rooms give the same bytes on any number of cores and after a break, and further files
// come with the list.
func TestRoomsAreReproducible(t *testing.T) {
	products := few(9)
	for i := range products {
		products[i].Home = Home{Place: Place(1 + i%int(Wet))}
	}
	opts := Options{Seed: 5, Search: 4, Style: Style{Size: 40}, Beside: map[string][]byte{"NOTES": []byte("by hand")}}
	whole, broken := t.TempDir(), t.TempDir()
	before := runtime.GOMAXPROCS(1)
	_, err := Photograph(context.Background(), whole, products, opts, nil)
	runtime.GOMAXPROCS(max(2, before))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Photograph(ctx, broken, products, opts, func(done, total int) {
		if done == 4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{catalog.PhotosFile, "NOTES"} {
		if _, err := os.Stat(filepath.Join(broken, name)); err == nil {
			t.Errorf("%s is there before all photos are", name)
		}
	}
	if _, err := Photograph(context.Background(), broken, products, opts, nil); err != nil {
		t.Fatal(err)
	}
	if digest(t, whole) != digest(t, broken) {
		t.Error("the broken catalogue differs")
	}
}
