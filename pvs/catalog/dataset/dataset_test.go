package dataset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// source makes a folder with files; those that end in / are folders.
func source(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		folder := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			folder = path
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder == path {
			continue
		}
		if text == "" && ending(name, photoEnds) {
			text = "its pixels" // which no reader looks at
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// photosAt are files of photos.
func photosAt(names ...string) map[string]string {
	files := map[string]string{}
	for _, n := range names {
		files[n] = ""
	}
	return files
}

// with joins maps of files.
func with(sets ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, s := range sets {
		maps.Copy(all, s)
	}
	return all
}

// rows imports and returns the catalogue's photos as "split product category id title".
func rows(t testing.TB, k Kind, src string, opts Options) []string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "catalog")
	s, err := Import(context.Background(), k, src, out, opts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(out, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSplits(); err != nil {
		t.Error(err)
	}
	if !reflect.DeepEqual(c.Summary(), s.Summary) {
		t.Errorf("the import counted %+v, the catalogue has %+v", s.Summary, c.Summary())
	}
	var lines []string
	for _, p := range c.Photos {
		if _, err := os.Stat(c.File(p)); err != nil {
			t.Errorf("photo %s: %v", p.ID, err)
		}
		lines = append(lines, fmt.Sprintf("%s|%s|%s|%s|%s", p.Split, p.Product, p.Category, p.ID, p.Title))
	}
	slices.Sort(lines)
	return lines
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// refused makes sure that an import fails with a sentence and leaves no catalogue.
func refused(t testing.TB, k Kind, src string, opts Options, say string) {
	t.Helper()
	out := t.TempDir()
	_, err := Import(context.Background(), k, src, out, opts)
	if err == nil || !strings.Contains(err.Error(), say) {
		t.Errorf("got %v, want %q", err, say)
	}
	left, err := os.ReadDir(out)
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() != ProblemsFile }) {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFolderPerProduct(t *testing.T) {
	src := source(t, photosAt("Kitchen/Mugs/blue/2.jpg", "Kitchen/Mugs/blue/1.JPG", "Kitchen/Mugs/blue/3.png",
		"Toys/car/a.webp", ".DS_Store", "Toys/.thumbnails/x.jpg", "Toys/readme.txt"))
	same(t, rows(t, Folder{Leaf: Product}, src, Options{}),
		"query|Kitchen/Mugs/blue|Kitchen > Mugs|Kitchen/Mugs/blue/1.JPG|",
		"index|Kitchen/Mugs/blue|Kitchen > Mugs|Kitchen/Mugs/blue/2.jpg|",
		"index|Kitchen/Mugs/blue|Kitchen > Mugs|Kitchen/Mugs/blue/3.png|",
		"index|Toys/car|Toys|Toys/car/a.webp|")
	same(t, rows(t, Folder{Leaf: Product, Queries: 2}, src, Options{})[:1],
		"index|Kitchen/Mugs/blue|Kitchen > Mugs|Kitchen/Mugs/blue/3.png|")
	s, err := Import(context.Background(), Folder{Leaf: Product}, src, t.TempDir(), Options{})
	if err != nil || len(s.Notes) != 3 ||
		s.Notes[0] != "left out: 1 file (no photo by name and content), Toys/readme.txt for one" ||
		s.Notes[1] != "left out: 1 file and 1 folder (of the system, as thumbnails, "+
			"recycle bins and settings of folders are), .DS_Store for one" {
		t.Errorf("notes %q, %v", s.Notes, err)
	}
}

// The catalogue can be written into the folder itself; its paths are then relative.
func TestFolderInPlace(t *testing.T) {
	src := source(t, photosAt("blue/1.jpg", "blue/2.jpg"))
	for range 2 { // the second time photos.csv is there
		if _, err := Import(context.Background(), Folder{Leaf: Product}, src, src, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := catalog.Open(src, catalog.Options{})
	if err != nil || c.Photos[0].Path != "blue/1.jpg" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestFolderPerCategory(t *testing.T) {
	names := []string{}
	for i := range 200 {
		names = append(names, fmt.Sprintf("Kitchen/Mugs/%d.jpg", i))
	}
	got := rows(t, Folder{Leaf: Category}, source(t, photosAt(names...)), Options{Val: 0.1})
	val := 0
	for _, line := range got {
		if strings.HasPrefix(line, "val||Kitchen > Mugs|") {
			val++
		} else if !strings.HasPrefix(line, "train||Kitchen > Mugs|") {
			t.Errorf("got %s", line)
		}
	}
	if len(got) != 200 || val < 8 || val > 35 {
		t.Errorf("%d of %d photos are in val", val, len(got))
	}
}

func TestFolderShareOfTraining(t *testing.T) {
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprintf("Mugs/%d/a.jpg", i), fmt.Sprintf("Mugs/%d/b.jpg", i))
	}
	count := map[string]int{}
	for _, line := range rows(t, Folder{Leaf: Product, Train: 0.5}, source(t, photosAt(names...)), Options{Val: 0.2}) {
		split, _, _ := strings.Cut(line, "|")
		count[split]++
	}
	if count["query"] != count["index"] || count["query"] < 35 || count["query"] > 65 ||
		count["val"] < 4 || count["train"] < 50 {
		t.Errorf("got %v", count)
	}
}

// Folders named after splits say where photos go.
func TestFolderOfSplits(t *testing.T) {
	src := source(t, photosAt("train/Mugs/m1/1.jpg", "valid/Mugs/m2/1.jpg",
		"gallery/Mugs/m3/1.jpg", "Query/Mugs/m3/2.jpg"))
	same(t, rows(t, Folder{Leaf: Product}, src, Options{}),
		"train|Mugs/m1|Mugs|train/Mugs/m1/1.jpg|", "val|Mugs/m2|Mugs|valid/Mugs/m2/1.jpg|",
		"index|Mugs/m3|Mugs|gallery/Mugs/m3/1.jpg|", "query|Mugs/m3|Mugs|Query/Mugs/m3/2.jpg|")
	refused(t, Folder{Leaf: Product}, source(t, photosAt("train/a/1.jpg", "shoes/a/1.jpg")), Options{}, "side by side")
	refused(t, Folder{Leaf: Product}, source(t, photosAt("train/a/1.jpg", "val/")), Options{},
		"its folder val has no photos")
}

// Photos of phones and shops are imported by all names that imageprep reads.
func TestFolderKinds(t *testing.T) {
	names := photosAt("a/1.HEIC", "a/2.heif", "a/3.avif", "a/4.tiff", "a/5.TIF", "a/6.jfif", "a/7.jpe",
		"a/8.dib", "a/9.hif", "a/10.mpo")
	if got := rows(t, Folder{Leaf: Product}, source(t, names), Options{}); len(got) != len(names) {
		t.Errorf("%d of %d were imported: %q", len(got), len(names), got)
	}
}

func TestFolderBad(t *testing.T) {
	src := source(t, with(photosAt("a/1.jpg", "a/2.jxl", "stray.jpg", "a/more.zip")))
	refused(t, Folder{Leaf: Product}, src, Options{}, "3 photos or rows are bad")
	out := t.TempDir()
	s, err := Import(context.Background(), Folder{Leaf: Product}, src, out, Options{SkipBad: true})
	if err != nil || s.Photos != 1 || s.Skipped != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	list, err := os.ReadFile(filepath.Join(out, ProblemsFile))
	for _, say := range []string{"stray.jpg: it lies in no folder of a product", "a/2.jxl: images of this kind",
		"a/more.zip: it is an archive"} {
		if err != nil || !strings.Contains(string(list), say+"") {
			t.Errorf("%q lacks %q, %v", list, say, err)
		}
	}
	for _, name := range []string{"stray.jpg", "a/2.jxl", "a/more.zip"} {
		if err := os.Remove(filepath.Join(src, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Import(context.Background(), Folder{Leaf: Product}, src, out, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, ProblemsFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the list of an earlier import is still there")
	}
}

// Links within the folder are followed, those out of it only when asked for; loops end.
func TestFolderLinks(t *testing.T) {
	outside := source(t, photosAt("x/1.jpg"))
	src := source(t, photosAt("a/1.jpg", "b/"))
	for link, to := range map[string]string{"b/2.jpg": "../a/1.jpg", "a/gone.jpg": "nowhere", "a/loop": "..",
		"b/over": "../a", "out": filepath.Join(outside, "x"), "a/out.jpg": filepath.Join(outside, "x/1.jpg")} {
		if err := os.Symlink(to, filepath.Join(src, link)); err != nil {
			t.Skip(err)
		}
	}
	refused(t, Folder{Leaf: Product}, src, Options{}, "leads out of the folder")
	inside := []string{"index|a||a/1.jpg|", "index|b||b/2.jpg|", "index|b/over|b|b/over/1.jpg|"}
	got := rows(t, Folder{Leaf: Product}, src, Options{SkipBad: true})
	same(t, got, inside...)
	got = rows(t, Folder{Leaf: Product}, src, Options{SkipBad: true, FollowLinks: true})
	same(t, got, "query|a||a/1.jpg|", "index|a||a/out.jpg|", "index|b||b/2.jpg|", "query|b/over|b|b/over/1.jpg|",
		"index|b/over|b|b/over/out.jpg|", "index|out||out/1.jpg|")
}

// Archives, files and nothing in place of a folder are told apart.
func TestSources(t *testing.T) {
	dir := source(t, map[string]string{"shop.zip": "PK\x03\x04rest", "shop.csv": "a,b\n", "packed": "\x1f\x8b\x08",
		"set.tar": strings.Repeat("\x00", 257) + "ustar" + strings.Repeat("\x00", 300), "empty/": ""})
	for name, say := range map[string]string{
		"shop.zip": "is an archive; unpack it", "packed": "is an archive", "set.tar": "is an archive",
		"shop": "shop.zip; unpack that first", "none": "there is no", "shop.csv": "it is no folder",
		"empty": "there are no photos",
	} {
		refused(t, Folder{Leaf: Product}, filepath.Join(dir, name), Options{}, say)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	out := t.TempDir()
	if _, err := Import(ctx, Folder{Leaf: Product}, source(t, photosAt("a/1.jpg")), out,
		Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(out); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func ExampleImport() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	for _, photo := range []string{"front.jpg", "side.jpg"} {
		_ = os.MkdirAll(filepath.Join(dir, "Mugs", "blue"), 0o755)
		_ = os.WriteFile(filepath.Join(dir, "Mugs", "blue", photo), []byte("its pixels"), 0o644)
	}
	s, err := Import(context.Background(), Folder{Leaf: Product}, dir, dir, Options{})
	fmt.Println(s.Photos, s.Products, s.BySplit, err)
	// Output: 2 1 map[index:1 query:1] <nil>
}

// A source that is named from the working folder is noted where it lies, a list with its name.
func TestImportFromHere(t *testing.T) {
	shop, out := source(t, with(photosAt("mug/1.jpg", "mug/2.jpg"), map[string]string{"list.csv": "photo\nmug/1.jpg\n"})),
		t.TempDir()
	t.Chdir(filepath.Dir(shop))
	for src, kind := range map[string]Kind{"": Folder{Leaf: Product}, "list.csv": CSV{}} {
		to := filepath.Join(out, "of"+src)
		if _, err := Import(context.Background(), kind, filepath.Join(filepath.Base(shop), src), to, Options{}); err != nil {
			t.Fatal(err)
		}
		made, err := catalog.ReadMade(to)
		if want := filepath.Join(shop, src); err != nil || made.Of != want {
			t.Errorf("made of %s, want %s (%v)", made.Of, want, err)
		}
	}
}

// A catalogue that was made of something else is never written over; the same import again
// is, whatever its settings.
func TestImportSparesOthersCatalogue(t *testing.T) {
	shop, other := source(t, photosAt("mug/1.jpg", "mug/2.jpg")), source(t, photosAt("lamp/1.jpg"))
	out := t.TempDir()
	try := func(src string, queries int) error {
		_, err := Import(context.Background(), Folder{Leaf: Product, Queries: queries}, src, out, Options{})
		return err
	}
	for _, queries := range []int{1, NoQueries} {
		if err := try(shop, queries); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(filepath.Join(out, catalog.PhotosFile))
	if err != nil {
		t.Fatal(err)
	}
	err = try(other, 1)
	if err == nil || !strings.Contains(err.Error(), "holds a catalogue of an import ("+shop+")") {
		t.Errorf("another source: %v", err)
	}
	list := source(t, with(photosAt("1.jpg"), map[string]string{"list.csv": "photo\n1.jpg\n"}))
	if _, err := Import(context.Background(), CSV{}, filepath.Join(list, "list.csv"), out, Options{}); err == nil {
		t.Error("a list was imported over folders")
	}
	// A catalogue by hand, or of a pvs that left no note, is not known to be this import's.
	if err := os.Remove(filepath.Join(out, catalog.MadeFile)); err != nil {
		t.Fatal(err)
	}
	if err := try(shop, 1); err == nil || !strings.Contains(err.Error(), "move its photos.csv away") {
		t.Errorf("a catalogue of unknown origin: %v", err)
	}
	if after, err := os.ReadFile(filepath.Join(out, catalog.PhotosFile)); err != nil || string(after) != string(before) {
		t.Errorf("photos.csv was changed, %v", err)
	}
}
