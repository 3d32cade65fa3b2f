package furniture

import (
	"archive/zip"
	"fmt"
	"io"
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/wavefront"
)

// maxFile is the largest file that is read from a package, in bytes.
const maxFile = 64 << 20

// readFile reads a file of a package. A package may name "a.jpg" and hold "a.JPG".
func readFile(files map[string]*zip.File, name string) ([]byte, error) {
	f := files[fold(name)]
	if f == nil {
		return nil, fmt.Errorf("there is no %s in the package", name)
	}
	if f.UncompressedSize64 > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, f.UncompressedSize64, maxFile)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// shape reads a good's model and puts it upright, in centimetres: as Sweet Home 3D does,
// it is turned by the entry's matrix and stretched to the entry's size.
func (g good) shape(open func(string) ([]byte, error)) (*mesh.Mesh, []string, error) {
	model, err := wavefront.Read(g.model, open)
	if err != nil {
		return nil, nil, err
	}
	m := model.Mesh
	// OBJ has y upwards and the front towards z; the studio has z upwards and the front towards -y.
	turn := func(v mesh.Vec) mesh.Vec {
		if r := g.rotation; r != nil {
			v = mesh.Vec{X: r[0]*v.X + r[1]*v.Y + r[2]*v.Z, Y: r[3]*v.X + r[4]*v.Y + r[5]*v.Z, Z: r[6]*v.X + r[7]*v.Y + r[8]*v.Z}
		}
		return mesh.Vec{X: v.X, Y: -v.Z, Z: v.Y}
	}
	for _, p := range m.Parts {
		for i, v := range p.Vertices {
			p.Vertices[i] = turn(v)
		}
		for i, n := range p.Normals {
			p.Normals[i] = turn(n).Unit()
		}
	}
	lo, hi, _ := m.Bounds()
	size := hi.Sub(lo)
	stretch := func(have, want float64) float64 {
		if have < 1e-9 || math.IsInf(have, 0) {
			return 1
		}
		return want / have
	}
	by := mesh.Vec{X: stretch(size.X, g.size[0]), Y: stretch(size.Y, g.size[1]), Z: stretch(size.Z, g.size[2])}
	foot := mesh.Vec{X: (lo.X + hi.X) / 2, Y: (lo.Y + hi.Y) / 2, Z: lo.Z}
	for i := range m.Parts {
		m.Parts[i] = m.Parts[i].Translate(foot.Scale(-1)).Stretch(by)
	}
	return m, model.Notes, nil
}
