package catalog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
)

const header = "photo,path,split,product,category,title\n"

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func ids(photos []Photo) []string {
	var out []string
	for _, p := range photos {
		out = append(out, p.ID)
	}
	return out
}

func TestOpen(t *testing.T) {
	dir := folder(t, map[string]string{PhotosFile: "\ufefftitle,photo,path,split,product,category,extra\r\n" +
		"\"A mug, \"\"big\"\"\",p1,images/p1.jpg,query,m1,Kitchen > Mugs,x\r\n\r\n" +
		"\"two\nlines\",p2,/abs/p2.jpg,index,m1,Kitchen > Mugs,x\r\n"})
	c, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Photo{
		{"p1", "images/p1.jpg", Query, "m1", "Kitchen > Mugs", `A mug, "big"`, 2},
		{"p2", "/abs/p2.jpg", Index, "m1", "Kitchen > Mugs", "two\nlines", 4},
	}
	if !reflect.DeepEqual(c.Photos, want) {
		t.Errorf("got %+v\nwant %+v", c.Photos, want)
	}
	if c.File(want[1]) != "/abs/p2.jpg" || c.File(want[0]) != filepath.Join(dir, "images/p1.jpg") {
		t.Errorf("files %s and %s", c.File(want[0]), c.File(want[1]))
	}
}

func TestBadRows(t *testing.T) {
	for _, c := range []struct{ name, rows, say string }{
		{"duplicate id", "a,a.jpg,val,,,\na,b.jpg,val,,,\n", "line 3 (photo a): the id is used on line 2 already"},
		{"no id", ",a.jpg,val,,,\n", "no id"},
		{"no path", "a,,val,,,\n", "no path"},
		{"unknown split", "a,a.jpg,test,,,\n", `split "test"`},
		{"too few fields", "a,a.jpg,val\n", "3 fields, not the header's 6"},
		{"empty level", "a,a.jpg,val,,A >  > B,\n", "empty level"},
		{"not UTF-8", "a,a.jpg,val,,,caf\xe9\n", "line 2 (photo a): it is not UTF-8"},
		{"broken quote", "a,a.jpg,val,,,\"half\nb,b.jpg,val,,,\n", "quote is broken"},
		{"quote in a bare field", "a,a.jpg,val,,,5\" mug\nb,b.jpg,val,,,5\" mug\n", "quote is broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, map[string]string{PhotosFile: header + c.rows + "z,z.jpg,val,,,good\n"})
			_, err := Open(dir, Options{})
			if err == nil || !strings.Contains(err.Error(), c.say) || !errors.Is(err, ErrBad) {
				t.Errorf("got %v, want %q", err, c.say)
			}
			skipped, err := Open(dir, Options{SkipBad: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(skipped.Photos); len(skipped.Skipped) == 0 || got[len(got)-1] != "z" {
				t.Errorf("kept %v, skipped %v: the good row must survive", got, skipped.Skipped)
			}
		})
	}
}

// A broken quote costs its own line only.
func TestBrokenQuoteKeepsTheRest(t *testing.T) {
	dir := folder(t, map[string]string{PhotosFile: header +
		"a,a.jpg,val,,,\"half\n" + "b,b.jpg,val,,,\"whole\"\n" + "c,c.jpg,val,,,plain\n"})
	c, err := Open(dir, Options{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(c.Photos); !reflect.DeepEqual(got, []string{"b", "c"}) {
		t.Errorf("kept %v", got)
	}
	if len(c.Skipped) != 1 || !strings.Contains(c.Skipped[0].String(), "line 2") {
		t.Errorf("skipped %v", c.Skipped)
	}
}

// A quote that is never closed, and happens to end at another row's stray inch sign,
// is a valid field of RFC 4180 that would swallow the rows between without a word.
func TestBrokenQuoteSwallowsNoRows(t *testing.T) {
	const a, b, c, d, e = "a,a.jpg,val,,,\"half\n", "b,b.jpg,val,,,plain\n", "c,c.jpg,val,,,\"\"\n",
		"d,d.jpg,val,,,TV 32\"\n", "e,e.jpg,val,,,x\n"
	for _, rows := range []string{a + b + c + d + e, a + d + e, b + a + d + c + e} {
		dir := folder(t, map[string]string{PhotosFile: header + rows})
		if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "quote is broken") {
			t.Errorf("%q: got %v", rows, err)
		}
		got, err := Open(dir, Options{SkipBad: true})
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(rows, "\n"); len(got.Photos)+len(got.Skipped) != n || len(got.Skipped) != 2 {
			t.Errorf("%q: kept %v, skipped %v of %d rows", rows, ids(got.Photos), got.Skipped, n)
		}
	}
	// Text of several lines with commas and quotes is no broken quote.
	whole := header + "a,a.jpg,val,,,\"one, two, three, four, five, six\n\"\"index\"\", 2, 3, 4, 5, 6\nval\n\"\n" + e
	if got, err := Open(folder(t, map[string]string{PhotosFile: whole}), Options{}); err != nil || len(got.Photos) != 2 {
		t.Errorf("got %v", err)
	}
}

// Joining lines behind an open quote must not copy what was joined again and again:
// with one stray quote this file took seconds.
func TestStrayQuoteIsLinear(t *testing.T) {
	line := "p,p.jpg,val,,,x\n"
	text := header + "a,a.jpg,val,,,5\" mug\n" + strings.Repeat(line, 2<<20/len(line))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := readPhotos(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uint64(200*len(text)) {
		t.Errorf("%d bytes allocated for a file of %d", allocated, len(text))
	}
}

func TestMissingColumnsAndFiles(t *testing.T) {
	for text, say := range map[string]string{
		"photo,path,split,category\na,b,val,c\n": "lacks the column product and title",
		"":                                       "is empty",
	} {
		_, err := Open(folder(t, map[string]string{PhotosFile: text}), Options{SkipBad: true})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	if _, err := Open(t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "photos.csv") {
		t.Errorf("got %v", err)
	}
}

func TestTruth(t *testing.T) {
	rows := header + "q1,q,query,m,,\nq2,q,query,,,\ni1,i,index,m,,\ni2,i,index,m,,\ni3,i,index,n,,\n"
	mistyped := folder(t, map[string]string{PhotosFile: rows,
		TruthFile: "query,index\nq1,i1\nq1,i9\ni1,i2\nq2,\"i3\nq2,i2\n"})
	c, err := Open(mistyped, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Truth(); err == nil || !strings.Contains(err.Error(), `line 3: the catalogue has no photo "i9"`) ||
		!strings.Contains(err.Error(), "3 bad rows") {
		t.Errorf("got %v", err)
	}
	if c, err = Open(mistyped, Options{SkipBad: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		truth, err := c.Truth()
		if want := map[string][]string{"q1": {"i1"}, "q2": {"i2"}}; err != nil ||
			!reflect.DeepEqual(truth, want) || len(c.Skipped) != 3 {
			t.Errorf("got %v, %v, skipped %v", truth, err, c.Skipped)
		}
	}
	dangling := folder(t, map[string]string{PhotosFile: rows})
	if err := os.Symlink("nowhere", filepath.Join(dangling, TruthFile)); err != nil {
		t.Skip(err)
	}
	if c, err = Open(dangling, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Truth(); err == nil {
		t.Error("a truth.csv that cannot be read must not be passed over")
	}
	c, err = Open(folder(t, map[string]string{PhotosFile: rows}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	truth, err := c.Truth()
	if want := map[string][]string{"q1": {"i1", "i2"}, "q2": nil}; err != nil || !reflect.DeepEqual(truth, want) {
		t.Errorf("got %v, %v", truth, err)
	}
	c, err = Open(folder(t, map[string]string{PhotosFile: rows, TruthFile: "query,index\nq2,i3\nq1,q1\n"}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	truth, err = c.Truth()
	if want := map[string][]string{"q2": {"i3"}, "q1": nil}; err != nil || !reflect.DeepEqual(truth, want) {
		t.Errorf("with truth.csv got %v, %v", truth, err)
	}
}

func TestCheckSplits(t *testing.T) {
	leak := header + "a,a,train,m,,\nb,b,index,m,,\n"
	c, err := Open(folder(t, map[string]string{PhotosFile: leak}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckSplits(); err == nil || !strings.Contains(err.Error(), "product m leaks") {
		t.Errorf("got %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Photo{
		{"a", "images/a.jpg", Train, "", "Toys > \"Cars\"", "red, \"fast\"\ncar", 2},
		{"b", "images/b.jpg", Query, "p", "", "", 4},
	}
	for _, p := range want {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(want[0]); err == nil {
		t.Error("a repeated id must be refused")
	}
	if err := w.Write(Photo{ID: "c", Path: "c.jpg", Split: Val, Title: "caf\xe9"}); err == nil {
		t.Error("what Open refuses must not be written")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, Options{})
	if err != nil || !reflect.DeepEqual(c.Photos, want) {
		t.Errorf("got %+v, %v", c.Photos, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func FuzzPhotos(f *testing.F) {
	f.Add(header + "a,a.jpg,val,,A > B,\"x\n\"\n")
	f.Add("\ufeff" + header + "\"")
	f.Fuzz(func(t *testing.T, text string) {
		photos, problems, err := readPhotos(strings.NewReader(text))
		if err != nil {
			return
		}
		if !strings.Contains(text, `"`) { // then every line is a row: none may get lost
			plain, err := io.ReadAll(plaintext.Reader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			rows, lines := -1, 0 // without the header; rows of nothing but separators are none
			for line := range strings.Lines(string(plain)) {
				if strings.Trim(line, "\r\n") != "" {
					lines++
				}
				if strings.TrimFunc(line, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|", r) }) != "" {
					rows++
				}
			}
			if strings.HasPrefix(strings.ToLower(strings.TrimLeft(string(plain), "\r\n")), "sep=") {
				rows-- // it tells the separator
			}
			if n := len(photos) + len(problems); n < rows || n > lines {
				t.Errorf("%d photos and %d problems of %d rows", len(photos), len(problems), rows)
			}
		}
		for _, p := range photos {
			if p.ID == "" || p.Path == "" || p.Line < 2 {
				t.Errorf("a bad photo came through: %+v", p)
			}
		}
	})
}

func FuzzTruth(f *testing.F) {
	f.Add("query,index\na,b\n")
	f.Fuzz(func(t *testing.T, text string) {
		truth, _, err := readTruth(strings.NewReader(text), TruthFile, func(query, index string) error { return nil })
		if err != nil {
			return
		}
		for query, matches := range truth {
			if query == "" || strings.Contains(query, "\n") || slices.Contains(matches, "") {
				t.Errorf("a bad pair came through: %q, %q", query, matches)
			}
		}
	})
}
