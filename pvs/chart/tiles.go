package chart

import (
	"fmt"
	"image"
	"image/png"
	"io"

	"golang.org/x/image/draw"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Tiles is a grid of images with captions: photos, views, activations.
type Tiles struct {
	Title, Subtitle string
	Rows            []TileRow
	Side            int // of a tile in units; 0: 132
}

// TileRow is a line of tiles behind a name.
type TileRow struct {
	Name  string // may be empty
	Tiles []Tile
}

// Tile is an image with its captions.
type Tile struct {
	Image   image.Image // drawn whole, its longer side as long as the tile's
	Path    string      // of an image file, where there is no Image; its middle square is shown
	Caption string      // up to three lines
	Note    string      // below it in grey, up to three lines
	Right   bool        // a green frame and a tick
}

// Sizes of tiles in units.
const (
	tileSide = 132.0
	tileGap  = 14.0
	tileLine = 14.0 // of the texts below a tile
	tileName = 128.0

	mostTitle = 900.0
)

// PNG draws the tiles as a picture. A tile without an image that can be read is a grey
// field.
func (t Tiles) PNG(path string) error {
	c, err := t.canvas()
	if err != nil {
		return err
	}
	if err := wholefile.Write(path, func(w io.Writer) error { return png.Encode(w, c.img) }); err != nil {
		return fmt.Errorf("writing the picture %s: %w", path, err)
	}
	return nil
}

// canvas draws the tiles.
func (t Tiles) canvas() (*canvas, error) {
	side, columns, names := tileSide, 0, 0.0
	if t.Side > 0 {
		side = float64(t.Side)
	}
	for _, r := range t.Rows {
		columns = max(columns, len(r.Tiles))
		if r.Name != "" {
			names = tileName
		}
	}
	if columns == 0 {
		return nil, fmt.Errorf("the picture %q has no tiles", t.Title)
	}
	f := fonts{}
	title := min(f.width(t.Title, 22, true)+2, mostTitle) // a few tiles are narrower than their title
	width := 2*left + max(names+float64(columns)*(side+tileGap)-tileGap, title, 348)
	top := 24.0
	if t.Title != "" {
		top = 68
	}
	subtitle := f.wrap(t.Subtitle, 13, false, width-2*left)
	if len(subtitle) > 0 {
		top += 6 + 18*float64(len(subtitle))
	}
	height := top
	texts := make([]tileTexts, len(t.Rows))
	for i, r := range t.Rows {
		texts[i] = f.tileTexts(r, side+tileGap-6)
		height += side + tileGap + texts[i].height()
	}
	c := newCanvas(int(width), int(height)+10, paper)
	c.text(left, 46, t.Title, 22, true, ink, width-2*left)
	for i, line := range subtitle {
		c.text(left, 72+18*float64(i), line, 13, false, grey, width-2*left)
	}
	y := top
	for i, r := range t.Rows {
		for k, line := range c.faces.wrap(r.Name, 13, true, names-16) {
			c.text(left, y+side/2+5+17*float64(k), line, 13, true, ink, names-16)
		}
		for k, tile := range r.Tiles {
			x := left + names + float64(k)*(side+tileGap)
			tile.draw(c, x, y, side)
			texts[i].draw(c, k, x, y+side)
		}
		y += side + tileGap + texts[i].height()
	}
	return c, nil
}

// tileTexts are the captions and notes below a row's tiles, in lines. Notes of a row are on one height.
type tileTexts struct {
	captions, notes [][]string
	width           float64
}

func (f fonts) tileTexts(r TileRow, width float64) tileTexts {
	t := tileTexts{width: width}
	for _, tile := range r.Tiles {
		t.captions = append(t.captions, f.wrapIn(3, tile.Caption, 11.5, true, width))
		t.notes = append(t.notes, f.wrapIn(3, tile.Note, 11, false, width))
	}
	return t
}

// longest is how many lines the longest text has.
func longest(texts [][]string) (n int) {
	for _, lines := range texts {
		n = max(n, len(lines))
	}
	return n
}

func (t tileTexts) height() float64 {
	n := longest(t.captions) + longest(t.notes)
	if n == 0 {
		return 0
	}
	return 8 + tileLine*float64(n)
}

// draw writes the texts of the k-th tile, whose lower left corner is at (x, y).
func (t tileTexts) draw(c *canvas, k int, x, y float64) {
	for i, line := range t.captions[k] {
		c.text(x, y+18+tileLine*float64(i), line, 11.5, true, ink, t.width)
	}
	for i, line := range t.notes[k] {
		c.text(x, y+18+tileLine*float64(longest(t.captions)+i), line, 11, false, grey, t.width)
	}
}

// draw draws a tile with its upper left corner at (x, y).
func (t Tile) draw(c *canvas, x, y, side float64) {
	if t.Right {
		c.box(x-4, y-4, side+8, side+8, 8, green)
	}
	c.picture(x, y, side, 5, t.square(int(side*scale)))
	if t.Right {
		c.tick(x+side-11, y+side-11)
	}
}

// square is what a tile shows, side pixels wide: small images keep their pixels.
func (t Tile) square(side int) image.Image {
	if t.Image == nil {
		m, _ := thumbnail(t.Path, side)
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(m, m.Bounds(), image.NewUniform(faint), image.Point{}, draw.Src)
	b := t.Image.Bounds()
	w, h := b.Dx(), b.Dy()
	long := max(w, h, 1)
	at := image.Rect(0, 0, w*side/long, h*side/long)
	at = at.Add(image.Pt((side-at.Dx())/2, (side-at.Dy())/2))
	var scaler draw.Scaler = draw.CatmullRom
	if long*4 <= side {
		scaler = draw.NearestNeighbor
	}
	scaler.Scale(m, at, t.Image, b, draw.Over, nil)
	return m
}
