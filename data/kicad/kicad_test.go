package kicad

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

func readPart(t testing.TB) []byte {
	data, err := os.ReadFile("testdata/part.wrl")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadMesh(t *testing.T) {
	m, err := readMesh(readPart(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Parts) != 2 || len(m.Parts[0].Triangles) != 4 || len(m.Parts[1].Triangles) != 1 {
		t.Fatalf("got %d parts: %+v", len(m.Parts), m.Parts)
	}
	// (1, 0, 0): scaled to 2, turned by 90 degrees to (0, 2, 0), lifted by 5.
	if got, want := m.Parts[1].Vertices[1], (mesh.Vec{X: 0, Y: 2, Z: 5}); got.Sub(want).Len() > 1e-9 {
		t.Errorf("the transformed point is %v, want %v", got, want)
	}
	if d := m.Parts[0].Material.Diffuse.R; math.Abs(d-math.Pow(0.1, 2.2)) > 1e-9 {
		t.Errorf("the body's colour is %g", d)
	}
}

func TestHostileModels(t *testing.T) {
	const head = "#VRML V2.0 utf8\n"
	const faces = head + "Shape { geometry IndexedFaceSet { coordIndex "
	for text, say := range map[string]string{
		"solid part":                      "no VRML 2.0",
		head:                              "no faces",
		head + "Shape { geometry USE X }": "used before",
		head + "Shape { geometry":         "line 2",
		head + "Group { children [" + strings.Repeat("Group { children [", 100): "nested",
		faces + "[0 1 9 -1] coord Coordinate { point [0 0 0 1 1 1 2 2 2] } } }": "uses the point 9 of 3",
		faces + "[0 1 2 -1] } }": "no coordinates",
		faces + "[0 1 2 -1] coord Coordinate { point [NaN 0 0 1 1 1 2 2 2] } } }": "not finite",
		head + "DEF A Group { children [ USE A ] }":                               "used before",
	} {
		if _, err := readMesh([]byte(text)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%.60q: got %v, want %q", text, err, say)
		}
	}
}

func TestChoose(t *testing.T) {
	var all []model
	for i := range 100 {
		all = append(all, model{fmt.Sprintf("Big.3dshapes/p%d.wrl", i), 10})
	}
	for i := range 20 {
		all = append(all, model{fmt.Sprintf("L%d.3dshapes/q.wrl", i), 10})
	}
	all = append(all, model{"Huge.3dshapes/h.wrl", maxModel + 1})
	a, b := choose(all, Options{Limit: 16, Seed: 1}), choose(all, Options{Limit: 16, Seed: 1})
	if fmt.Sprint(a) != fmt.Sprint(b) || len(a) != 16 {
		t.Errorf("the choice of %d is not reproducible", len(a))
	}
	big := 0
	for _, m := range a {
		if strings.HasPrefix(m.name, "Big") {
			big++
		}
	}
	if big > 2 {
		t.Errorf("%d of 16 come from one library", big)
	}
	if n := len(choose(all, Options{})); n != 120 {
		t.Errorf("without a limit %d are chosen, want all 120 but the huge one", n)
	}
}

func TestFromFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "Package_SO.3dshapes"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Package_SO.3dshapes", "SOIC-8_3.9x4.9mm.wrl"),
		readPart(t), 0o644); err != nil {
		t.Fatal(err)
	}
	products, err := Products(context.Background(), Options{From: dir}, func(string) {})
	if err != nil || len(products) != 1 {
		t.Fatalf("got %v, %v", products, err)
	}
	p := products[0]
	if p.Category != "Package > Package_SO" || p.Title != "SOIC-8 3.9x4.9mm" || p.ID != "Package_SO.SOIC-8_3.9x4.9mm" {
		t.Errorf("got %+v", p)
	}
	if _, err := p.Mesh(); err != nil {
		t.Error(err)
	}
	for _, from := range []string{t.TempDir(), filepath.Join(dir, "none")} {
		if _, err := Products(context.Background(), Options{From: from}, func(string) {}); err == nil {
			t.Errorf("%s has no models", from)
		}
	}
}

// A package is streamed, only the chosen model is unpacked, and a second start needs
// neither the package nor apt.
func TestFromPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not here")
	}
	root := t.TempDir()
	for name, data := range map[string]string{
		"DEBIAN/control": "Package: kicad-packages3d\nVersion: 1\nArchitecture: all\n" +
			"Maintainer: T <t@example.org>\nDescription: test\n",
		modelsFolder + "LED_SMD.3dshapes/LED_0603.wrl":  string(readPart(t)),
		modelsFolder + "LED_SMD.3dshapes/LED_0603.step": "not wanted",
		modelsFolder + "Crystal.3dshapes/Crystal_A.wrl": string(readPart(t)),
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	deb := filepath.Join(t.TempDir(), "kicad.deb")
	if out, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", root, deb).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cache := t.TempDir()
	cacheIn(t, cache)
	first, err := Products(context.Background(), Options{From: deb, Limit: 1, Seed: 2}, func(string) {})
	if err != nil || len(first) != 1 {
		t.Fatalf("got %v, %v", first, err)
	}
	unpacked, _ := filepath.Glob(filepath.Join(cache, "kicad", "*", "*"))
	if len(unpacked) != 1 {
		t.Errorf("unpacked %v", unpacked)
	}
	t.Setenv("PATH", t.TempDir()) // no apt-get, no dpkg-deb
	again, err := Products(context.Background(), Options{Limit: 1, Seed: 2}, func(string) {})
	if err != nil || again[0].ID != first[0].ID {
		t.Errorf("got %v, %v", again, err)
	}
	cacheIn(t, t.TempDir())
	if _, err := Products(context.Background(), Options{Limit: 1}, func(string) {}); !errors.Is(err, ErrNoParts) {
		t.Errorf("got %v", err)
	}
}

func FuzzVRML(f *testing.F) {
	f.Add(string(readPart(f)))
	f.Fuzz(func(t *testing.T, text string) { _, _ = readMesh([]byte("#VRML V2.0 utf8\n" + text)) })
}

func ExampleProducts() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	part, _ := os.ReadFile("testdata/part.wrl")
	_ = os.MkdirAll(filepath.Join(dir, "Resistor_SMD.3dshapes"), 0o755)
	_ = os.WriteFile(filepath.Join(dir, "Resistor_SMD.3dshapes", "R_0805.wrl"), part, 0o644)
	products, err := Products(context.Background(), Options{From: dir}, func(string) {})
	fmt.Println(products[0].Title, "|", products[0].Category, "|", err)
	// Output: R 0805 | Resistor > Resistor_SMD | <nil>
}

// cacheIn puts the per-user cache into a folder.
func cacheIn(t *testing.T, dir string) {
	before := fetch.Cache
	fetch.Cache = dir
	t.Cleanup(func() { fetch.Cache = before })
}

func TestFamily(t *testing.T) {
	for title, want := range map[string]string{
		"PinHeader 1x04 P1.27mm Vertical SMD Pin1Left": "PinHeader Vertical SMD",
		"DIP-24 W8.89mm SMDSocket LongPads":            "DIP SMDSocket LongPads",
		"QFN-64-1EP 9x9mm P0.5mm EP5.4x5.4mm":          "QFN",
		"R 0805 2012Metric":                            "R",
		"0805 2012Metric":                              "0805 2012Metric",
		"RV Disc D12mm W4.2mm P7.5mm":                  "RV Disc",
	} {
		if got := family(title); got != want {
			t.Errorf("family(%q) = %q, want %q", title, got, want)
		}
	}
}
