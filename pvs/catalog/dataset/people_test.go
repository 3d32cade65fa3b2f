package dataset

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Folders as they lie on disks of phones, NAS and Windows: what is no photo of a product
// makes none, what is one counts by its content where its name does not tell, and all that
// was left out is said.
func TestFoldersAsPeopleHaveThem(t *testing.T) {
	const jpeg, png = "\xff\xd8\xff\xe0...............", "\x89PNG\r\n\x1a\n.........."
	files := map[string]string{"cat/A/0.jfif": "", "cat/A/1.JPE": "", "cat/A/2.jpg_large": jpeg, "cat/A/3": png,
		"cat/A/4.jpg?v=1": "RIFF....WEBPVP8 ....",
		"cat/A/5.dat":     "BM\x00\x10\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00",
		"cat/A/6.gif_":    "GIF89a............",
		// Not photos:
		"cat/A/7.jpg_large": "x", "cat/A/8.txt": "BMW is no picture....", "cat/A/list": "RIFF....WAVEfmt .....",
		"cat/A/9.jpg.crdownload": jpeg, "cat/A/10.part": jpeg,
		"cat/A/._0.jpg": jpeg, "cat/A/Thumbs.db": jpeg, "cat/A/desktop.ini": "", "cat/A/.hidden.jpg": jpeg,
		"cat/A/~$x.jpg": "", "cat/A/11.jpg.download/x.jpg": jpeg}
	for _, folder := range []string{"@eaDir/0.jpg", "#recycle", "@Recycle", "$RECYCLE.BIN/S-1",
		"System Volume Information", ".thumbnails", "__MACOSX/cat/A", "lost+found", ".@__thumb"} {
		files["cat/A/"+folder+"/thumb.jpg"] = jpeg
		files[folder+"/thumb.jpg"] = jpeg
	}
	src := source(t, files)
	var want []string
	for _, name := range []string{"0.jfif", "1.JPE", "2.jpg_large", "3", "4.jpg?v=1", "5.dat", "6.gif_"} {
		want = append(want, "index|cat/A|cat|cat/A/"+name+"|")
	}
	same(t, rows(t, Folder{Leaf: Product, Queries: NoQueries}, src, Options{}), want...)
	s, err := Import(context.Background(), Folder{Leaf: Product}, src, t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(s.Notes, "\n")
	for _, say := range []string{"3 files (no photo", "4 files and 18 folders (of the system", "1 file (hidden)",
		"2 files and 1 folder (a download that was not completed)"} {
		if !strings.Contains(notes, say) {
			t.Errorf("%q is not said:\n%s", say, notes)
		}
	}
}

// Copies that programs keep of a photo, and notes about one, are no photos of the product.
func TestFoldersLeaveSpareCopiesOut(t *testing.T) {
	files := photosAt("A/0.jpg", "A/1.jpg", "A/conflict.jpg")
	for _, name := range []string{"0.jpg~", "0.jpg.bak", "0.JPG.orig", "0.jpg:Zone.Identifier", "0.jpg@SynoEAStream",
		"0.sync-conflict-20240102-030405-ABCDEFG.jpg", "0 (Anna's conflicted copy 2024-01-02).jpg",
		".2.jpg.icloud", "3.jpg.icloud",
		"~snapshot/0.jpg", "old.bak/0.jpg"} {
		files["A/"+name] = "\xff\xd8\xff\xe0..............."
	}
	src := source(t, files)
	same(t, rows(t, Folder{Leaf: Product, Queries: NoQueries}, src, Options{}),
		"index|A||A/0.jpg|", "index|A||A/1.jpg|", "index|A||A/conflict.jpg|")
	s, err := Import(context.Background(), Folder{Leaf: Product}, src, t.TempDir(), Options{})
	notes := strings.Join(s.Notes, "\n")
	for _, say := range []string{"5 files and 1 folder (a backup",
		"2 files (a photo that iCloud keeps elsewhere: download it",
		"2 files and 1 folder (of the system"} {
		if err != nil || !strings.Contains(notes, say) {
			t.Errorf("%q is not said, %v:\n%s", say, err, notes)
		}
	}
}

// A file without content is a bad photo, by its name, in a folder and in a list.
func TestEmptyPhoto(t *testing.T) {
	src := source(t, with(photosAt("A/0.jpg", "A/1.jpg"), map[string]string{"list.csv": "photo\nA/0.jpg\nA/1.jpg\n"}))
	if err := os.Truncate(filepath.Join(src, "A/1.jpg"), 0); err != nil {
		t.Fatal(err)
	}
	refused(t, Folder{Leaf: Product}, src, Options{}, "1 photos or rows are bad")
	refused(t, Folder{Leaf: Product}, src, Options{}, "A/1.jpg: the file is empty: A/1.jpg")
	refused(t, CSV{}, filepath.Join(src, "list.csv"), Options{}, "list.csv line 3: the file is empty: A/1.jpg")
	same(t, rows(t, Folder{Leaf: Product}, src, Options{SkipBad: true}), "index|A||A/0.jpg|")
}

// A product with no more photos than are to be queries has all but one of them as queries,
// and that is said.
func TestMoreQueriesThanPhotos(t *testing.T) {
	list := "photo,product\n"
	names := []string{"one/1.jpg", "two/1.jpg", "two/2.jpg", "four/1.jpg", "four/2.jpg", "four/3.jpg", "four/4.jpg"}
	for _, n := range names {
		list += n + "," + filepath.Dir(n) + "\n"
	}
	src := source(t, with(photosAt(names...), map[string]string{"list.csv": list}))
	for name, in := range map[string]struct {
		kind Kind
		src  string
	}{"folder": {Folder{Leaf: Product, Queries: 3}, src}, "csv": {CSV{Queries: 3}, filepath.Join(src, "list.csv")}} {
		got := map[string]int{}
		for _, line := range rows(t, in.kind, in.src, Options{}) {
			f := strings.Split(line, "|")
			got[f[0]+" "+f[1]]++
		}
		if want := map[string]int{"index one": 1, "query two": 1, "index two": 1, "query four": 3,
			"index four": 1}; !maps.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
		s, err := Import(context.Background(), in.kind, in.src, t.TempDir(), Options{})
		if err != nil ||
			!slices.Contains(s.Notes, "1 product with a single photo: it is in the index, and no query searches for it") ||
			!slices.Contains(s.Notes,
				"1 product with no more photos than queries were to be: all of them but one became queries") {
			t.Errorf("%s: %q, %v", name, s.Notes, err)
		}
	}
}

// No queries are no queries, and not as many as nothing was said.
func TestNoQueries(t *testing.T) {
	list := "Ebay_train.txt"
	header := strings.Join(onlineProductsHeader, " ") + "\n"
	files := with(photosAt("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"), map[string]string{
		"list.csv": "photo,product\na/1.jpg,a\na/2.jpg,a\n", list: header + "1 1 1 b/1.jpg\n",
		"Ebay_test.txt": header + "1 2 1 a/1.jpg\n2 2 1 a/2.jpg\n"})
	src := source(t, files)
	for name, in := range map[string]struct {
		kind Kind
		src  string
	}{"folder": {Folder{Leaf: Product, Queries: NoQueries}, src},
		"csv": {CSV{Queries: NoQueries}, filepath.Join(src, "list.csv")}, "sop": {OnlineProducts{Queries: NoQueries}, src}} {
		for _, line := range rows(t, in.kind, in.src, Options{}) {
			if strings.HasPrefix(line, "query") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
	for _, k := range []Kind{Folder{Leaf: Product, Queries: -2}, OnlineProducts{Queries: -2}} {
		refused(t, k, src, Options{}, "-2 queries a product")
	}
}

// The same list, saved by different programs on different systems.
func TestListsAsPeopleHaveThem(t *testing.T) {
	names := photosAt("img/0.jpg", "img/1.jpg", "img/"+norm.NFD.String("café.jpg"),
		norm.NFC.String("Möbel")+"/"+norm.NFD.String("Gerät.jpg"))
	src := source(t, names)
	lines := func(separator, end string) string {
		rows := []string{"photo,product", "img/0.jpg,A", "img/1.jpg,A", norm.NFC.String("img/café.jpg,Café"),
			norm.NFD.String("Möbel/Gerät.jpg,Café")}
		return strings.ReplaceAll(strings.Join(rows, end)+end, ",", separator)
	}
	utf16 := func(text string) string {
		out := "\xff\xfe"
		for _, r := range text { // all below 0x10000
			out += string([]byte{byte(r), byte(r >> 8)})
		}
		return out
	}
	for name, text := range map[string]string{
		"plain": lines(",", "\n"), "Windows": "\ufeff" + lines(",", "\r\n"), "Macintosh": lines(",", "\r"),
		"German Excel": "\ufeffsep=;\r\n" + lines(";", "\r\n"),
		"Unicode text": utf16(lines("\t", "\r\n")), "backslashes": strings.ReplaceAll(lines(",", "\n"), "/", `\`),
		"empty rows":    lines(",", "\n") + ",\n,\n\n\n",
		"other letters": strings.Replace(lines(",", "\n"), "photo,product", " Photo ,PRODUCT", 1),
		"quotes":        strings.Replace(lines(",", "\n"), "img/0.jpg", `"img/0.jpg"`, 1),
		"spare columns": strings.ReplaceAll(lines(",", "\n"), "\n", ",,\n"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(src, "list.csv"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			got := rows(t, CSV{Queries: 1}, filepath.Join(src, "list.csv"), Options{})
			if len(got) != 4 {
				t.Fatal(got)
			}
			products := map[string]int{}
			for _, line := range got {
				products[strings.Split(line, "|")[1]]++
			}
			// What looks the same is one product.
			if len(products) != 2 || products["A"] != 2 || products[norm.NFC.String("Café")] != 2 {
				t.Error(products)
			}
		})
	}
	if err := os.WriteFile(filepath.Join(src, "list.csv"),
		[]byte("photo,product\nimg/0.jpg,NULL\nimg/1.jpg,NULL\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Import(context.Background(), CSV{}, filepath.Join(src, "list.csv"), t.TempDir(), Options{})
	if err != nil || len(s.Notes) != 1 ||
		!strings.Contains(s.Notes[0], "2 photos have the product NULL; that stands for none") {
		t.Errorf("%q, %v", s.Notes, err)
	}
}

// Lists that are no CSV, or no UTF-8, are named with a way out that helps.
func TestListsThatAreNoCSV(t *testing.T) {
	src := source(t, with(photosAt("1.jpg"), map[string]string{
		"list.xlsx":  "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00............[Content_Types].xml",
		"list.xls":   "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00",
		"list.ods":   "PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
		"list.json":  "[{\"photo\": \"1.jpg\"}]",
		"jis.csv":    "photo,product\n1.jpg,\x90\xd4\x82\xa2\n",
		"latin1.csv": "photo,product\n1.jpg,Gr\xf6\xdfe\n",
	}))
	for name, says := range map[string][]string{
		"list.xlsx":  {"list.xlsx is an Excel workbook (.xlsx), not CSV", "save it as CSV (UTF-8)"},
		"list.xls":   {"list.xls is an old Excel workbook", "save it as CSV (UTF-8)"},
		"list.ods":   {"an OpenDocument spreadsheet", "save it as CSV (UTF-8)"},
		"list.json":  {"list.json is JSON, not CSV"},
		"jis.csv":    {"save the file as UTF-8 (it is not Latin-1 either"},
		"latin1.csv": {"line 2: it is not UTF-8; save the file as UTF-8)"},
	} {
		for _, say := range says {
			refused(t, CSV{}, filepath.Join(src, name), Options{}, say)
		}
	}
	same(t, rows(t, CSV{Latin1: true}, filepath.Join(src, "latin1.csv"), Options{}), "index|Größe||1.jpg|")
}
