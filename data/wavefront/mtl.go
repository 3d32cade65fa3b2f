package wavefront

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif" // kinds of textures
	_ "image/jpeg"
	_ "image/png"
	"math"
	"path"
	"regexp"
	"strings"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// maxPixels of a texture; larger ones are not decoded.
const maxPixels = 1 << 25

// library is the materials of a model.
type library struct {
	dir    string
	open   func(name string) ([]byte, error)
	of     map[string]mesh.Material
	images map[string]*mesh.Image
	notes  []string
}

func newLibrary(dir string, open func(string) ([]byte, error)) *library {
	return &library{dir: dir, open: open, of: map[string]mesh.Material{}, images: map[string]*mesh.Image{}}
}

// note tells of something that is missing, once.
func (l *library) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, n := range l.notes {
		if n == text {
			return
		}
	}
	if len(l.notes) < 20 {
		l.notes = append(l.notes, text)
	}
}

// material is that of a name; one that is not there is light grey, or glass by its name.
func (l *library) material(name string) mesh.Material {
	m, ok := l.of[name]
	if !ok {
		if name != "" {
			l.note("there is no material %q", clip([]byte(name)))
		}
		d := definition{kd: [3]float64{0.8, 0.8, 0.8}, d: 1}
		if panes.MatchString(name) {
			d = definition{kd: [3]float64{0.8, 0.85, 0.85}, ks: [3]float64{1, 1, 1}, ns: 200, d: 0.3, illum: 2}
		}
		return d.material(nil)
	}
	return m
}

// panes are names of materials that are glass: Sweet Home 3D knows some without a library.
var panes = regexp.MustCompile(`(?i)glass|cristal|crystal`)

// definition is a material as its file has it.
type definition struct {
	name          string
	kd, ks, ke    [3]float64
	ns, d         float64
	illum         int
	image, cutOut string
}

// read reads an MTL file.
func (l *library) read(name string) {
	data, err := l.open(path.Join(l.dir, base(name)))
	if err != nil {
		l.note("there is no library of materials %q", clip([]byte(base(name))))
		return
	}
	var at *definition
	finish := func() {
		if at != nil && len(l.of) < 1<<14 {
			l.of[at.name] = at.material(l)
		}
	}
	for line := range bytes.Lines(data) {
		word, rest, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(string(line), "\t", " ")), " ")
		rest = strings.TrimSpace(rest)
		if word == "newmtl" {
			finish()
			at = &definition{name: rest, kd: [3]float64{0.8, 0.8, 0.8}, d: 1, illum: 2}
			continue
		}
		if at == nil {
			continue
		}
		if err := at.set(word, rest); err != nil {
			l.note("material %q: %s %v", clip([]byte(at.name)), word, err)
		}
	}
	finish()
}

// set takes a statement.
func (d *definition) set(word, rest string) error {
	var v [3]float64
	switch word {
	case "Kd", "Ks", "Ke":
		if err := numbers([]byte(rest), v[:], 1); err != nil {
			return err
		}
		if len(strings.Fields(rest)) == 1 { // grey
			v[1], v[2] = v[0], v[0]
		}
		*map[string]*[3]float64{"Kd": &d.kd, "Ks": &d.ks, "Ke": &d.ke}[word] = v
	case "Ns", "d", "Tr", "illum":
		rest = strings.TrimPrefix(rest, "-halo ")
		if err := numbers([]byte(rest), v[:1], 1); err != nil {
			return err
		}
		switch word {
		case "Ns":
			d.ns = v[0]
		case "d":
			d.d = v[0]
		case "Tr":
			d.d = 1 - v[0]
		case "illum":
			d.illum = int(v[0])
		}
	case "map_Kd":
		d.image = texture(rest)
	case "map_d":
		d.cutOut = texture(rest)
	}
	return nil
}

// options of a map before its file's name.
var options = regexp.MustCompile(`^-(?:(?:o|s|t)(?:\s+[-+.\deE]+){1,3}|mm\s+\S+\s+\S+|` +
	`(?:blendu|blendv|cc|clamp|imfchan|texres|bm|boost|type)\s+\S+)\s+`)

// texture is the file's name in a map's statement: it may hold blanks.
func texture(rest string) string {
	for {
		cut := options.ReplaceAllString(rest, "")
		if cut == rest {
			return base(rest)
		}
		rest = cut
	}
}

// metals are names of materials that are one.
var metals = regexp.MustCompile(`(?i)chrom|metal|steel|inox|alum|silver|brass|acier|nickel|copper|gold(?:en)?\b`)

// material translates to the photographer's terms.
func (d *definition) material(l *library) mesh.Material {
	// Colours are meant for the screen: to linear light. Nothing real is pure white.
	linear := func(v float64) float64 { return 0.9 * math.Pow(min(1, max(0, v)), 2.2) }
	m := mesh.Material{Diffuse: mesh.Color{R: linear(d.kd[0]), G: linear(d.kd[1]), B: linear(d.kd[2])}}
	if d.image == "" {
		d.image = d.cutOut // of which the opacity counts; both are mostly one file
	}
	if d.image != "" && l != nil {
		if m.Image = l.image(d.image); m.Image != nil {
			// Exporters write grey beside an image, and often black: the image is the colour.
			top := max(m.Diffuse.R, m.Diffuse.G, m.Diffuse.B)
			if top < 0.03 {
				m.Diffuse = mesh.Color{R: 0.9, G: 0.9, B: 0.9}
			} else {
				m.Diffuse = mesh.Color{R: 0.9 * m.Diffuse.R / top, G: 0.9 * m.Diffuse.G / top, B: 0.9 * m.Diffuse.B / top}
			}
		}
	}
	m.Opacity = min(1, max(0.05, d.d))
	if d.d == 0 {
		m.Opacity = 1 // some exporters mean the other way round: nothing is made to be invisible
	}
	strength := min(1, max(0, (d.ks[0]+d.ks[1]+d.ks[2])/3))
	if d.illum < 2 {
		strength = 0
	}
	m.Shininess = min(400, max(4, d.ns))
	m.Specular = 0.15 + 0.6*strength
	switch {
	case m.Image != nil:
		m.Specular *= 0.5 // photographs of cloth and wood have their own light
	case metals.MatchString(d.name) && m.Opacity == 1:
		m.Metallic, m.Specular = 0.75, 1
		m.Shininess = max(60, m.Shininess)
	case strength > 0.85 && d.ns > 150 && m.Opacity == 1:
		m.Metallic = 0.35
	}
	if glow := (d.ke[0] + d.ke[1] + d.ke[2]) / 3; glow > 0 {
		m.Emission = min(1, glow)
	}
	return m
}

// image reads a texture, once; nil where there is none.
func (l *library) image(name string) *mesh.Image {
	if m, ok := l.images[name]; ok {
		return m
	}
	m, err := l.decode(name)
	if err != nil {
		l.note("texture %q: %v", clip([]byte(name)), err)
	}
	l.images[name] = m
	return m
}

func (l *library) decode(name string) (*mesh.Image, error) {
	data, err := l.open(path.Join(l.dir, name))
	if err != nil {
		return nil, err
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("it has %d x %d pixels", config.Width, config.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return mesh.NewImage(img), nil
}
