package wavefront

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// files opens files of a map.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := m[name]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("there is none")
	}
}

// red is a PNG of one red pixel.
func red() string {
	m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	m.SetNRGBA(0, 0, color.NRGBA{R: 255, A: 255})
	var out bytes.Buffer
	_ = png.Encode(&out, m)
	return out.String()
}

const square = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

// area of a mesh in the plane z = 0; triangles wound the wrong way count against it.
func area(m *mesh.Mesh) (sum float64) {
	for _, p := range m.Parts {
		for _, t := range p.Triangles {
			a, b, c := p.Vertices[t[0]], p.Vertices[t[1]], p.Vertices[t[2]]
			sum += b.Sub(a).Cross(c.Sub(a)).Z / 2
		}
	}
	return sum
}

func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want float64
	}{
		"a square":                {square + "f 1 2 3 4", 1},
		"counted from the end":    {square + "f -4 -3 -2 -1", 1},
		"Windows' lines, tabs":    {strings.ReplaceAll(square, "\n", "\r\n") + "f\t1\t2 3\r\n", 0.5},
		"a line that goes on":     {square + "f 1 2 \\\n3 4", 1},
		"more numbers, a comment": {"v 0 0 0 1 0 0\nv 1 0 0 1 1 1 # red\nv 1 1 0 1\nf 1 2 3", 0.5},
		"an L, which is not convex": {"v 0 0 0\nv 2 0 0\nv 2 1 0\nv 1 1 0\nv 1 2 0\nv 0 2 0\n" +
			"f 1 2 3 4 5 6", 3},
		"an L from its inner corner":     {"v 1 1 0\nv 1 2 0\nv 0 2 0\nv 0 0 0\nv 2 0 0\nv 2 1 0\nf 1 2 3 4 5 6", 3},
		"lines and points are not drawn": {square + "l 1 2 3\np 1\nf 1 2\nf 1 2 3\ncurv 1 2", 0.5},
	} {
		m, err := Read("a.obj", files(map[string]string{"a.obj": c.text}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := area(m.Mesh); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: area %g, want %g", name, got, c.want)
		}
	}
}

func TestMaterials(t *testing.T) {
	m, err := Read("chair/a.obj", files(map[string]string{
		"chair/a.obj": "mtllib my chair.mtl\n" + square + "vt 0.25 0.75\nvn 0 0 2\n" +
			"usemtl seat\nf 1/1/1 2/1/1 3/1/1\nusemtl glass\nf 1 3 4\nusemtl none\nf 1 2 4\n",
		"chair/my chair.mtl": "# comment\nnewmtl seat\nKd 0.5 0.5 0.5\n" +
			"map_Kd -s 1 1 1 -o 0.5 C:\\My Pictures\\my seat.png\n" +
			"newmtl glass\n\tKd 1 0 0\n\tKs 1 1 1\nNs 96\nTr 0.75\nillum 2\n",
		"chair/my seat.png": red(),
	}))
	if err != nil {
		t.Fatal(err)
	}
	parts := m.Mesh.Parts
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	seat, glass := parts[0], parts[1]
	if seat.Material.Image == nil || seat.UV[0] != (mesh.UV{U: 0.25, V: 0.75}) || seat.Normals[0] != (mesh.Vec{Z: 1}) {
		t.Errorf("the seat is %+v", seat)
	}
	if g := glass.Material; g.Opacity != 0.25 || g.Diffuse.R != 0.9 || g.Specular < 0.5 || glass.UV != nil {
		t.Errorf("the glass is %+v", glass)
	}
	if len(m.Notes) != 1 || m.Notes[0] != `there is no material "none"` {
		t.Errorf("notes: %q", m.Notes)
	}
}

// What is missing is told once; the rest is drawn.
func TestMissing(t *testing.T) {
	m, err := Read("a.obj", files(map[string]string{
		"a.obj": "mtllib a.mtl\nmtllib b.mtl\n" + square + "vt 0 0\nusemtl x\nf 1/1 2/1 3/1\n",
		"a.mtl": "newmtl x\nKd 1 0 red\nNs high\nmap_Kd none.png\nnewmtl y\nmap_Kd bad.png\n", "bad.png": "no image",
	}))
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(m.Notes, "\n")
	for _, say := range []string{`no library of materials "b.mtl"`, `"none.png": there is none`,
		`"bad.png": image: unknown format`, `material "x": Kd "red" is no usable number`, `Ns "high"`} {
		if !strings.Contains(notes, say) {
			t.Errorf("notes lack %q:\n%s", say, notes)
		}
	}
	if m.Mesh.Parts[0].Material.Image != nil {
		t.Error("an image from nowhere")
	}
}

func TestHostile(t *testing.T) {
	for text, say := range map[string]string{
		"":                                   "a.obj holds no faces",
		square:                               "a.obj holds no faces",
		square + "f 1 2 9":                   "line 5: a face uses point 9 of 4",
		square + "f 1 2 0":                   "a face uses point 0 of 4",
		square + "f 1 2 -5":                  "a face uses point -5 of 4",
		square + "f 1/1 2/1 3/1":             "a face uses texture coordinate 1 of 0",
		square + "f 1//7 2//1 3//1":          "a face uses normal 7 of 0",
		square + "f a b c":                   `"a" is no corner of a face`,
		square + "f / 2 3":                   "is no corner of a face",
		square + "f 1/// 2 3":                "is no corner of a face",
		"v 0 0":                              "line 1: 2 numbers, 3 are needed",
		"v 0 0 nan":                          `"nan" is no usable number`,
		"v 0 0 1e300":                        "no usable number",
		"v 0 0 0\nv 0 0 0\nv 0 0 0\nf 1 2 3": "holds no faces", // no area
		"f " + strings.Repeat("1 ", maxCorners+1):          "uses point 1 of 0",
		square + "f " + strings.Repeat("1 ", maxCorners+1): "a face of more than 4096 corners",
	} {
		_, err := Read("a.obj", files(map[string]string{"a.obj": text}))
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%.40q: got %v, want %q", text, err, say)
		}
	}
	if _, err := Read("none.obj", files(nil)); err == nil {
		t.Error("a file that is not there")
	}
}

// A polygon that crosses itself all over does not take forever.
func TestManyCorners(t *testing.T) {
	var text strings.Builder
	for i := range maxCorners {
		fmt.Fprintf(&text, "v %d %d 0\n", i*7919%4099, i*104729%4093)
	}
	text.WriteString("f")
	for i := range maxCorners {
		fmt.Fprintf(&text, " %d", i+1)
	}
	one := text.String()[strings.Index(text.String(), "f"):]
	for range 20 {
		text.WriteString("\n" + one)
	}
	start := time.Now()
	m, err := Read("a.obj", files(map[string]string{"a.obj": text.String()}))
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 30*time.Second || len(m.Mesh.Parts) != 1 {
		t.Errorf("it took %v", took)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(square+"vt 0 1\nvn 1 0 0\ns 1\nusemtl x\nf 1/1/1 2/1/1 3/1/1 4/1/1\ng a\ns off\nf -1 -2 -3",
		"newmtl x\nKd 1 1 1\nd 0.5")
	f.Add("f 1\\\n", "map_Kd -o 1 2 3 -s")
	f.Fuzz(func(t *testing.T, obj, mtl string) {
		m, err := Read("a.obj", files(map[string]string{"a.obj": "mtllib a.mtl\n" + obj, "a.mtl": mtl}))
		if err != nil {
			return
		}
		for _, p := range m.Mesh.Parts {
			for _, tri := range p.Triangles {
				for _, i := range tri {
					if int(i) >= len(p.Vertices) || len(p.Normals) != len(p.Vertices) || p.UV != nil && len(p.UV) != len(p.Vertices) {
						t.Fatalf("a triangle uses %d of %d points, %d normals, %d places", i, len(p.Vertices), len(p.Normals), len(p.UV))
					}
				}
			}
			for _, n := range p.Normals {
				if l := n.Len(); math.IsNaN(l) || l > 1.001 {
					t.Fatalf("a normal of length %g", l)
				}
			}
		}
	})
}

func ExampleRead() {
	m, err := Read("tile.obj", func(string) ([]byte, error) {
		return []byte("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n"), nil
	})
	fmt.Println(len(m.Mesh.Parts[0].Triangles), "triangles", err)
	// Output: 2 triangles <nil>
}
