package lab

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
	"github.com/janpfeifer/must"
)

// Picture is what package chart draws.
type Picture interface{ PNG(path string) error }

// mimeJPEG is a type that GoNB passes on without having a name for it.
const mimeJPEG protocol.MIMEType = "image/jpeg"

// dense is how many pixels of a picture are one on the screen: charts are drawn at twice
// their size.
const dense = 2

// Frame is a place in a cell's output that can be drawn again. The notebook keeps
// what was drawn last.
type Frame struct{ id string }

// NewFrame returns a frame below what the cell has shown so far.
func NewFrame() *Frame { return &Frame{id: "pvs_" + gonbui.UniqueId()} }

// Show draws a picture in place of what the frame showed.
func (f *Frame) Show(p Picture) {
	m, data := render(p)
	kind := protocol.MIMEImagePNG
	if len(data) > large {
		kind, data = encode(m)
	}
	f.send(kind, data, m.Bounds().Dx()/dense)
}

// Image draws an image in place of what the frame showed, pixel by pixel.
func (f *Frame) Image(m image.Image) {
	kind, data := encode(m)
	f.send(kind, data, m.Bounds().Dx())
}

// HTML writes HTML in place of what the frame showed.
func (f *Frame) HTML(html string) { f.send(protocol.MIMETextHTML, html, 0) }

// Markdown writes Markdown in place of what the frame showed.
func (f *Frame) Markdown(text string) { f.send(protocol.MIMETextMarkdown, text, 0) }

// large is the size of a PNG in bytes from which a JPEG is tried.
const large = 100_000

// encode makes a file of an image: a PNG, or a JPEG where photos make that much smaller.
func encode(m image.Image) (protocol.MIMEType, []byte) {
	var whole, small bytes.Buffer
	must.M(png.Encode(&whole, m))
	if whole.Len() > large {
		must.M(jpeg.Encode(&small, m, &jpeg.Options{Quality: 82}))
		if small.Len() < whole.Len()/2 {
			return mimeJPEG, small.Bytes()
		}
	}
	return protocol.MIMEImagePNG, whole.Bytes()
}

// send hands an output to the notebook.
func (f *Frame) send(kind protocol.MIMEType, content any, width int) {
	if !gonbui.IsNotebook {
		if text, ok := content.(string); ok {
			fmt.Println(text)
		}
		return
	}
	d := &protocol.DisplayData{Data: map[protocol.MIMEType]any{kind: content}, DisplayID: f.id}
	if width > 0 {
		d.Metadata = map[string]any{string(kind): map[string]int{"width": width}} // a type that GoNB can decode
	}
	gonbui.SendData(d)
	gonbui.Sync()
}

// render draws a picture of package chart and returns it with its file.
func render(p Picture) (image.Image, []byte) {
	dir := must.M1(os.MkdirTemp("", "lab"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "picture.png")
	must.M(p.PNG(path))
	data := must.M1(os.ReadFile(path))
	return must.M1(png.Decode(bytes.NewReader(data))), data
}
