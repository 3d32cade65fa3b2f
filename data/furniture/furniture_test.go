package furniture

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// cube is a model of a box of 1 x 2 x 3, y upwards.
const cube = `mtllib m.mtl
v 0 0 0
v 1 0 0
v 1 2 0
v 0 2 0
v 0 0 3
v 1 0 3
v 1 2 3
v 0 2 3
usemtl oak
f 1 4 3 2
f 5 6 7 8
f 1 2 6 5
f 4 8 7 3
f 1 5 8 4
f 2 3 7 6
`

// entry is an index's entry.
func entry(n int, id, name, category, more string) string {
	return strings.ReplaceAll(fmt.Sprintf("id#N=%s\nname#N=%s\ncategory#N=%s\nmodel#N=/m/m.obj\n"+
		"width#N=40\ndepth#N=50\nheight#N=90.5\ncreator#N=Ann\n%s\n", id, name, category, more), "#N", fmt.Sprintf("#%d", n))
}

// usual is an index of three goods and one that is none.
var usual = "# comment\nlicense=Creative Commons Attribution 3.0 license\n\n" +
	entry(1, "Maker#chair1", `Chair de caf\u00e9`, "Living room", "modelRotation#N=1 0 0 0 0 -1 0 1 0") +
	entry(2, "Maker#chair2", "Oak chair", "Living room", "") +
	entry(3, "Maker#door", "Door", "Doors and windows", "") +
	entry(4, "Maker#lamp", "Hanging light", "Lights", "elevation#N=180")

// pack writes a package into a folder and returns its path.
func pack(t testing.TB, dir, index string, more map[string]string) string {
	t.Helper()
	files := map[string]string{"PluginFurnitureCatalog.properties": index, "m/m.obj": cube,
		"m/M.mtl": "newmtl oak\nKd 1 0 0\n"}
	for name, text := range more {
		files[name] = text
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		if text == "" {
			continue
		}
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "Test.sh3f")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func quiet(string) {}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := pack(t, dir, usual, nil)
	for _, from := range []string{dir, file} {
		c, err := Open(context.Background(), Options{From: from}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var ids []string
		for _, p := range c.Products {
			ids = append(ids, p.ID)
			m, err := p.Mesh()
			if err != nil {
				t.Fatal(err)
			}
			lo, hi, _ := m.Bounds()
			if size := hi.Sub(lo); size.Sub(mesh.Vec{X: 40, Y: 50, Z: 90.5}).Len() > 1e-6 {
				t.Errorf("%s has the size %v, not that of the index", p.ID, size)
			}
			if c := m.Parts[0].Material.Diffuse; c.R < 0.5 || c.G > 0.1 {
				t.Errorf("%s is %v, not red", p.ID, c)
			}
		}
		slices.Sort(ids)
		if fmt.Sprint(ids) != "[Maker.chair1 Maker.chair2 Maker.lamp]" {
			t.Errorf("got %v", ids)
		}
		for _, p := range c.Products {
			if p.ID == "Maker.chair1" && (p.Title != "Chair de café, 40 x 50 x 91 cm" || p.Category != "Living room > Other") ||
				p.ID == "Maker.chair2" && p.Home.Place != studio.OnFloor ||
				p.ID == "Maker.lamp" && (p.Home != studio.Home{Place: studio.OnCeiling, Below: 180}) {
				t.Errorf("got %+v", p)
			}
		}
	}
}

func TestRotation(t *testing.T) {
	g := good{model: "m.obj", size: [3]float64{1, 1, 1}, rotation: &[9]float64{0, 0, 1, 0, 1, 0, -1, 0, 0}}
	// A triangle in x and y; turned around y, x becomes -z, which is the studio's y.
	m, _, err := g.shape(func(string) ([]byte, error) { return []byte("v 0 0 0\nv 2 0 0\nv 0 2 0\nf 1 2 3"), nil })
	if err != nil {
		t.Fatal(err)
	}
	lo, hi, _ := m.Bounds()
	if size := hi.Sub(lo); size.X > 1e-9 || size.Y < 0.99 || size.Z < 0.99 {
		t.Errorf("got %v", size)
	}
}

func TestChoice(t *testing.T) {
	var all []good
	for i := range 40 {
		all = append(all, good{id: fmt.Sprint("a", i), name: "Table", category: "Kitchen", size: [3]float64{9, 9, 9}})
	}
	all = append(all, all[0], good{id: "b", name: "Sycamore maple", category: "Exterior", size: [3]float64{9, 9, 9}},
		good{id: "c", name: "Bus", category: "Vehicles", size: [3]float64{250, 1400, 300}})
	if n := len(choose(all, Options{})); n != 40 {
		t.Errorf("%d are chosen of 40 goods, one of them twice, a tree and a bus", n)
	}
	a, b := choose(all, Options{Limit: 9, Seed: 1}), choose(all, Options{Limit: 9, Seed: 1})
	c, more := choose(all, Options{Limit: 9, Seed: 2}), choose(all, Options{Limit: 20, Seed: 1})
	if fmt.Sprint(a) != fmt.Sprint(b) || fmt.Sprint(a) == fmt.Sprint(c) || fmt.Sprint(a) != fmt.Sprint(more[:9]) {
		t.Error("a choice depends on the seed alone, and more products keep the first ones")
	}
}

func TestKinds(t *testing.T) {
	for name, want := range map[string]string{"Oak chair": "Chair", "Chair with cushion": "Chair", "Sofa 2 seats": "Sofa",
		"TV 16:9": "TV", "Plate, glass and cutlery": "Plate", "Convertible sofa BZ": "Sofa", "Toilets unit": "Toilet",
		"Induction cooker 4 zones": "Cooker", "Air conditioning - Internal unit": "Conditioning", "Car": "Car"} {
		if got := (good{name: name}).kind(); got != want {
			t.Errorf("%q is a %q, want %q", name, got, want)
		}
	}
}

func TestProperties(t *testing.T) {
	got, err := parseProperties([]byte("# c\n! c\na=1\r\nb : two words \r c=go\\\n   es on\n" +
		"d\\=e = \\u20ac\\tx\n\nf\ng=\xe9"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "1", "b": "two words", "c": "goes on", "d=e": "€\tx", "f": "", "g": "é"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, text := range []string{`a=\u12`, `a=\uzzzz`} {
		if _, err := parseProperties([]byte(text)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestBadPackages(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for from, say := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "there is no",
		t.TempDir():                        "there are no .sh3f files in",
		write("bad.sh3f", "no zip"):        "it is no package of furniture",
		pack(t, t.TempDir(), "", nil):      "it has no PluginFurnitureCatalog.properties",
		pack(t, t.TempDir(), `a=\u1`, nil): "line 1",
		pack(t, t.TempDir(), "a=b", nil):   "none of the 0 models in",
		pack(t, t.TempDir(), strings.ReplaceAll(usual, "width#2=40", "width#2=wide"), nil): `"wide" is no size`,
		pack(t, t.TempDir(), strings.ReplaceAll(usual, "model#2=/m/m.obj", ""), nil):       "names no model",
		pack(t, t.TempDir(), strings.ReplaceAll(usual, "1 0 0 0 0 -1 0 1 0", "1 0"), nil):  "is no matrix of 3 x 3",
	} {
		_, err := Open(context.Background(), Options{From: from}, quiet)
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v, want %q", from, err, say)
		}
	}
}

// A broken model ends the catalogue with its name; one that lacks a texture is noted.
func TestBadModels(t *testing.T) {
	photograph := func(more map[string]string) (*Catalog, error) {
		c, err := Open(context.Background(), Options{From: pack(t, t.TempDir(), usual, more)}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		_, err = studio.Photograph(context.Background(), t.TempDir(), c.Products,
			studio.Options{Style: studio.Style{Size: 16}}, nil)
		return c, err
	}
	_, err := photograph(map[string]string{"m/m.obj": cube + "f 1 2 99\n"})
	if err == nil || !strings.Contains(err.Error(), "Test.sh3f, model m/m.obj, line 17: a face uses point 99 of 8") {
		t.Errorf("got %v", err)
	}
	_, err = photograph(map[string]string{"m/m.obj": ""})
	if err == nil || !strings.Contains(err.Error(), "there is no m/m.obj in the package") {
		t.Errorf("got %v", err)
	}
	c, err := photograph(map[string]string{"m/M.mtl": "newmtl oak\nmap_Kd gone.png\n"})
	if err != nil || len(c.Notes()) != 3 || !strings.Contains(c.Notes()[0], "gone.png") {
		t.Errorf("got %v, notes %q", err, c.Notes())
	}
}

// Each product's author and licence are in the folder.
func TestCredits(t *testing.T) {
	dir := t.TempDir()
	c, err := Open(context.Background(), Options{From: pack(t, t.TempDir(), usual, nil), Limit: 2}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	summary, err := studio.Photograph(context.Background(), dir, c.Products,
		studio.Options{Search: 1, Style: studio.Style{Size: 16}, Beside: c.Credits()}, nil)
	if err != nil || summary.Products != 2 {
		t.Fatalf("%+v, %v", summary, err)
	}
	f, err := os.Open(filepath.Join(dir, CreditsCSV))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, CreditsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Products {
		if !strings.Contains(string(text), p.ID) {
			t.Errorf("%s is not in %s", p.ID, CreditsFile)
		}
		if !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == p.ID && r[2] == "Ann" && r[3] == "CC-BY-3.0" }) {
			t.Errorf("%s is not in %v", p.ID, rows)
		}
	}
	for license, want := range map[string]string{"Public domain": "CC0-1.0", "Mine": "Mine", "": "unknown",
		"Creative Commons Attribution 3.0 United States license  (c) X": "CC-BY-3.0-US"} {
		if got, _ := known(license); got != want {
			t.Errorf("%q is %q, want %q", license, got, want)
		}
	}
}

// A second start needs neither the package nor apt.
func TestFromPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not here")
	}
	root := t.TempDir()
	for _, dir := range []string{"DEBIAN", "usr/share/sweethome3d/furniture"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	control := "Package: sweethome3d-furniture\nVersion: 1\nArchitecture: all\n" +
		"Maintainer: T <t@example.org>\nDescription: test\n"
	if err := os.WriteFile(filepath.Join(root, "DEBIAN/control"), []byte(control), 0o644); err != nil {
		t.Fatal(err)
	}
	pack(t, filepath.Join(root, "usr/share/sweethome3d/furniture"), usual, nil)
	deb := filepath.Join(t.TempDir(), "furniture.deb")
	if out, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", root, deb).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cacheIn(t, t.TempDir())
	open := func(from string) ([]string, error) {
		c, err := Open(context.Background(), Options{From: from, Limit: 2, Seed: 3}, quiet)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return []string{c.Products[0].ID, c.Products[1].ID}, nil
	}
	first, err := open(deb)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir()) // no apt-get, no dpkg-deb
	if again, err := open(""); err != nil || !slices.Equal(first, again) {
		t.Errorf("got %v, %v", again, err)
	}
	cacheIn(t, t.TempDir())
	if _, err := open(""); !errors.Is(err, ErrNoModels) {
		t.Errorf("got %v", err)
	}
}

func FuzzProperties(f *testing.F) {
	f.Add([]byte(usual))
	f.Add([]byte("a\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProperties(data)
		if err != nil {
			return
		}
		if goods, err := goodsOf(p, "x"); err == nil {
			for _, g := range goods {
				_, _, _ = g.title(), g.kind(), g.home()
			}
			leavesOf(goods)
		}
	})
}

func ExampleOpen() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	pack(new(testing.T), dir, usual, nil)
	c, err := Open(context.Background(), Options{From: dir}, func(string) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(len(c.Products), "goods,", len(c.Credits()), "files that name their authors")
	// Output: 3 goods, 2 files that name their authors
}

// cacheIn puts the per-user cache into a folder.
func cacheIn(t *testing.T, dir string) {
	before := fetch.Cache
	fetch.Cache = dir
	t.Cleanup(func() { fetch.Cache = before })
}
