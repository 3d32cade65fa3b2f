package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

func plain(w, h int, c color.Color) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

func TestTiles(t *testing.T) {
	t.Parallel()
	red, blue := color.RGBA{200, 10, 10, 255}, color.RGBA{10, 10, 200, 255}
	tiles := Tiles{Title: "Views", Subtitle: "of a photo", Rows: []TileRow{
		{Name: "a name that needs several lines", Tiles: []Tile{{Image: plain(40, 20, red), Caption: "A0", Note: "wide"},
			{Image: plain(20, 40, blue), Caption: "A3", Right: true}}},
		{Tiles: []Tile{{Path: filepath.Join(t.TempDir(), "missing.jpg")}}},
	}}
	path := filepath.Join(t.TempDir(), "t.png")
	if err := tiles.PNG(path); err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	m := decode(t, path)
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			count[color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)]++
		}
	}
	// Each photo covers 50% of its tile; the frame is around the right one.
	area := int(tileSide*scale) * int(tileSide*scale) / 2
	for _, c := range []color.RGBA{red, blue} {
		if n := count[c]; n < area*9/10 || n > area*11/10 {
			t.Errorf("%d pixels of %v, want about %d", n, c, area)
		}
	}
	if n := count[green]; n < 4*4*int(tileSide*scale) {
		t.Errorf("%d green pixels are no frame", n)
	}
}

// Texts below a tile are broken into lines instead of being cut; notes of a row are on one height.
func TestTileTexts(t *testing.T) {
	t.Parallel()
	f := fonts{}
	const width = 110
	row := TileRow{Tiles: []Tile{{Caption: "Toy car with racing stripes", Note: "Toys"}, {Note: "alone"}}}
	texts := f.tileTexts(row, width)
	lines := texts.captions[0]
	if len(lines) != 2 || strings.Join(lines, " ") != row.Tiles[0].Caption || f.width(lines[1], 11.5, true) > width {
		t.Errorf("the caption is in the lines %q", lines)
	}
	if texts.height() != 8+3*tileLine {
		t.Errorf("the texts take %g, want room for three lines", texts.height())
	}
	lines = f.wrapIn(2, "one two three four five six seven", 11.5, true, 40)
	if len(lines) != 2 || strings.Join(lines, " ") != "one two three four five six seven" {
		t.Errorf("two lines at most are %q", lines)
	}
	none := f.tileTexts(TileRow{Tiles: []Tile{{}}}, width)
	if none.height() != 0 {
		t.Errorf("no texts take %g", none.height())
	}
}

// Small images keep their pixels: nothing between two colours appears.
func TestTilesKeepPixels(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range m.Pix {
		m.Pix[i] = uint8(255 * (i % 2))
	}
	s := Tile{Image: m}.square(264)
	for y := range 264 {
		for x := range 264 {
			if c := color.GrayModel.Convert(s.At(x, y)).(color.Gray).Y; c != 0 && c != 255 {
				t.Fatalf("(%d, %d) is %d", x, y, c)
			}
		}
	}
}

func TestTilesErrors(t *testing.T) {
	t.Parallel()
	for _, tiles := range []Tiles{{Title: "none"}, {Title: "none", Rows: []TileRow{{Name: "empty"}}}} {
		if err := tiles.PNG(filepath.Join(t.TempDir(), "t.png")); err == nil ||
			!strings.Contains(err.Error(), `"none" has no tiles`) {
			t.Errorf("got %v", err)
		}
	}
}

func TestActivations(t *testing.T) {
	t.Parallel()
	// Two channels of 2 x 3 positions: one rises, one is the same everywhere.
	values := []float32{0, 7, 1, 7, 2, 7, 3, 7, 4, 7, 5, 7}
	images, err := Activations(values, 2, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(images) != 2 || images[0].Bounds() != image.Rect(0, 0, 3, 2) {
		t.Fatalf("%d images, the first %v", len(images), images[0].Bounds())
	}
	last := -1
	for i := range 6 { // lightness rises with the value
		y := int(color.GrayModel.Convert(images[0].At(i%3, i/3)).(color.Gray).Y)
		if y <= last {
			t.Errorf("position %d has lightness %d after %d", i, y, last)
		}
		last = y
		if images[1].At(i%3, i/3) != viridis[0] {
			t.Errorf("position %d of the even channel is %v", i, images[1].At(i%3, i/3))
		}
	}
	if images[0].At(0, 0) != viridis[0] || images[0].At(2, 1) != viridis[len(viridis)-1] {
		t.Error("the ends of the scale are not its first and last colours")
	}
	if _, err := Activations(values, 2, 2, 2); err == nil || !strings.Contains(err.Error(), "12 values") {
		t.Errorf("got %v", err)
	}
	values[5] = float32(math.NaN())
	if _, err := Activations(values, 2, 3, 2); err == nil || !strings.Contains(err.Error(), "row 0, column 2") {
		t.Errorf("got %v", err)
	}
}
