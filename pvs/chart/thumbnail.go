package chart

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// thumbnail returns the middle square of an image file at side pixels; ok is false,
// and the picture a grey field, for a file that cannot be read: a page with a gap is
// better than none.
func thumbnail(path string, side int) (m *image.RGBA, ok bool) {
	m = image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{225, 226, 230, 255}), image.Point{}, draw.Src)
	src, ok := decoded(path)
	if !ok {
		return m, false
	}
	middleSquare(m, src)
	return m, true
}

// middleSquare scales the middle square of an image to all of a picture.
func middleSquare(dst *image.RGBA, src image.Image) {
	b := src.Bounds()
	short := min(b.Dx(), b.Dy())
	at := image.Pt(b.Min.X+(b.Dx()-short)/2, b.Min.Y+(b.Dy()-short)/2)
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, image.Rectangle{at, at.Add(image.Pt(short, short))}, draw.Over, nil)
}

// thumbnail is the photo's middle square at side pixels.
func (p Photo) thumbnail(side int) *image.RGBA {
	if p.Image == nil {
		m, _ := thumbnail(p.Path, side)
		return m
	}
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	middleSquare(m, p.Image)
	return m
}

// fitted returns the whole picture of an image file, its longer side at most side
// pixels, or nil for a file that cannot be read.
func fitted(path string, side int) *image.RGBA {
	src, ok := decoded(path)
	if !ok {
		return nil
	}
	b := src.Bounds()
	scale := min(1, float64(side)/float64(max(b.Dx(), b.Dy())))
	m := image.NewRGBA(image.Rect(0, 0, max(1, int(scale*float64(b.Dx()))), max(1, int(scale*float64(b.Dy())))))
	draw.Draw(m, m.Bounds(), image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(m, m.Bounds(), src, b, draw.Over, nil)
	return m
}

// decoded reads an image file, upright and on white, as a network sees it; ok is false for a file that cannot be read.
func decoded(path string) (m image.Image, ok bool) {
	p, err := imageprep.Open(path, imageprep.Limits{})
	if err != nil {
		return nil, false
	}
	return p.Image(), true
}

// dataURI is a picture as a JPEG inside of a page; empty without one.
func dataURI(m *image.RGBA) string {
	if m == nil {
		return ""
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: 82}); err != nil {
		return ""
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(buf.Bytes())
}
