package index

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// sentence makes sure that an error is one line that names the index, or one of its files, and of a kind.
func sentence(t *testing.T, what, dir string, err error, kind error, say string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) || strings.Contains(err.Error(), "\n") ||
		!strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), say) {
		t.Errorf("%s: %v; want a sentence with %s and %q", what, err, dir, say)
	}
}

// small is an index of 300 photos, closed.
func small(t *testing.T) (dir string, entries []Entry) {
	t.Helper()
	entries = shop(300, 24, 1)
	dir = filepath.Join(t.TempDir(), "index")
	if _, err := Create(t.Context(), dir, Options{Dim: 24}, list(entries)); err != nil {
		t.Fatal(err)
	}
	return dir, entries
}

// edit changes a file's bytes.
func edit(t *testing.T, path string, change func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(data), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(data []byte) []byte { data[at] ^= 4; return data }
}

func cut(data []byte) []byte { return data[:len(data)/2] }

// Whatever happens to the files that are derived is noticed in a sentence, and made good by the next writer; nothing is
// lost.
func TestDamagedCodes(t *testing.T) {
	t.Parallel()
	segment := func(file string) string { return filepath.Join(codesFolder, "000001", file) }
	for what, c := range map[string]struct {
		file   string
		change func([]byte) []byte
		say    string
		search bool // noticed in a search, not when it is opened
	}{
		"bits flipped":    {segment(bitsFile), flip(1000), "was changed", false},
		"bits cut off":    {segment(bitsFile), cut, "cut off", false},
		"columns flipped": {segment(columnsFile), flip(77), "was changed", false},
		"columns cut off": {segment(columnsFile), cut, "cut off", false},
		"vectors flipped": {segment(vectorsFile), flip(5), "row 0", true},
		"a sum flipped":   {segment(vectorsFile), flip(24 * 4), "row 0", true},
		"vectors cut off": {segment(vectorsFile), cut, "cut off", false},
		"head flipped":    {segment(headFile), flip(12), "head.json", false},
		"head cut off":    {segment(headFile), cut, "head.json", false},
		"pointer flipped": {filepath.Join(codesFolder, pointerFile), flip(120), pointerFile, false},
		"pointer cut off": {filepath.Join(codesFolder, pointerFile), cut, pointerFile, false},
		"pointer is nothing": {filepath.Join(codesFolder, pointerFile), func([]byte) []byte { return nil }, pointerFile,
			false},
	} {
		dir, entries := small(t)
		edit(t, filepath.Join(dir, c.file), c.change)
		ix, err := Open(dir)
		if c.search && err == nil {
			_, err = ix.Search(t.Context(), Query{Vector: entries[0].Vector, K: 1})
			ix.Close()
		}
		sentence(t, what, dir, err, ErrCodes, c.say)
		if _, err = Verify(t.Context(), dir, nil); !errors.Is(err, ErrCodes) {
			t.Errorf("%s: verified with %v", what, err)
		}
		w, err := OpenWriter(dir)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if c.search { // what is not read when it is opened
			err = w.Compact(t.Context())
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if v, err := Verify(t.Context(), dir, nil); err != nil || v.Photos != 300 || v.Rows != 300 {
			t.Errorf("%s: afterwards %+v, %v", what, v, err)
		}
	}
	for what, remove := range map[string]string{"no codes": codesFolder,
		"no pointer": filepath.Join(codesFolder, pointerFile), "no segment": filepath.Join(codesFolder, "000001"),
		"no bits": segment(bitsFile)} {
		dir, _ := small(t)
		if err := os.RemoveAll(filepath.Join(dir, remove)); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		sentence(t, what, dir, err, ErrCodes, "nothing is lost")
	}
}

// Codes of another index, and codes that were made of a later database than there is, are not taken.
func TestCodesOfAnother(t *testing.T) {
	t.Parallel()
	a, _ := small(t)
	b, _ := small(t)
	if err := errors.Join(os.RemoveAll(filepath.Join(a, codesFolder)),
		os.CopyFS(filepath.Join(a, codesFolder), os.DirFS(filepath.Join(b, codesFolder)))); err != nil {
		t.Fatal(err)
	}
	_, err := Open(a)
	sentence(t, "another index", a, err, ErrCodes, "another index")

	before, err := os.ReadFile(filepath.Join(b, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	w, err := OpenWriter(b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Apply(t.Context(), Change{Remove: []string{"photo-1"}})
	if err := errors.Join(err, w.Compact(t.Context()), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b, databaseFile), before, 0o644); err != nil { // a copy that was kept
		t.Fatal(err)
	}
	_, err = Open(b)
	sentence(t, "an older database", b, err, ErrCodes, "are not those of")
	if w, err = OpenWriter(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), b, nil); err != nil || v.Photos != 300 {
		t.Error(v, err)
	}
}

// A database that is another program's, of a newer version, cut off or flipped is one sentence.
func TestDamagedDatabase(t *testing.T) {
	t.Parallel()
	run := func(dir, statement string) {
		t.Helper()
		db, err := openSQLite(source(filepath.Join(dir, databaseFile)))
		if err == nil {
			_, err = db.Exec(statement)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		change func(dir string)
		kind   error
		say    string
	}{
		"none":      {func(dir string) { _ = os.Remove(filepath.Join(dir, databaseFile)) }, ErrNone, "holds no index"},
		"no folder": {func(dir string) { _ = os.RemoveAll(dir) }, ErrNone, "no folder"},
		"newer":     {func(dir string) { run(dir, "PRAGMA user_version = 2") }, ErrNewer, "newer version"},
		"another":   {func(dir string) { run(dir, "PRAGMA application_id = 5") }, ErrNone, "another program's"},
		"no database": {func(dir string) {
			edit(t, filepath.Join(dir, databaseFile), func([]byte) []byte { return []byte("hello, world") })
		}, ErrDatabase, "damaged"},
		"a part of one": {func(dir string) {
			edit(t, filepath.Join(dir, databaseFile), func(d []byte) []byte { return d[:pageSize+100] })
		}, ErrDatabase, "damaged"},
		"unfinished": {func(dir string) { run(dir, "PRAGMA application_id = 0; PRAGMA user_version = 0") }, ErrUnfinished,
			"interrupted"},
	} {
		dir, _ := small(t)
		c.change(dir)
		_, err := Open(dir)
		sentence(t, what, dir, err, c.kind, c.say)
		w, err := OpenWriter(dir)
		sentence(t, what+", to be written", dir, err, c.kind, c.say)
		if w != nil {
			w.Close()
		}
		if _, err := os.Stat(filepath.Join(dir, ".lock")); err == nil {
			t.Errorf("%s: the lock is left", what)
		}
	}
	// A flipped vector: its page is sound for SQLite, its checksum is not.
	dir, entries := small(t)
	edit(t, filepath.Join(dir, databaseFile), func(data []byte) []byte {
		was := asBytes(entries[7].Vector)
		now := slices.Clone(was)
		now[10] ^= 1
		return bytes.ReplaceAll(data, was, now) // pages may hold old copies of a row, too
	})
	_, err := Verify(t.Context(), dir, nil)
	sentence(t, "a flipped vector", dir, err, ErrDatabase, "key 8")
	w, err := OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	sentence(t, "a flipped vector, compacted", dir, w.Compact(t.Context()), ErrDatabase, "key 8")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir) // the codes before are kept
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if a, err := ix.Search(t.Context(), Query{Vector: entries[7].Vector, K: 1}); err != nil || a.Hits[0].ID != "photo-7" {
		t.Error(a, err)
	}
}

// What is said of a photo has a checksum, too: a search that would show a flipped text fails, and so does verifying.
func TestDamagedTexts(t *testing.T) {
	t.Parallel()
	for what, statement := range map[string]string{
		"a title":     "UPDATE photos SET title = 'x' || title WHERE key = 8",
		"a product":   "UPDATE products SET product = 'other' WHERE number = (SELECT product FROM photos WHERE key = 8)",
		"a category":  "UPDATE photos SET category = category % 2 + 1 WHERE key = 8",
		"an id":       "UPDATE photos SET photo = 'photo-8x' WHERE key = 8",
		"its columns": `UPDATE photos SET fields = '{"colour":"no colour"}' WHERE key = 8`,
	} {
		dir, entries := small(t)
		db, err := openSQLite(source(filepath.Join(dir, databaseFile)))
		if err == nil {
			_, err = db.Exec(statement)
		}
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = Verify(t.Context(), dir, nil)
		sentence(t, what, dir, err, ErrDatabase, "")
		ix, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ix.Search(t.Context(), Query{Vector: entries[7].Vector, K: 1})
		sentence(t, what+", found", dir, err, ErrDatabase, "key 8")
		if a, err := ix.Search(t.Context(), Query{Vector: entries[100].Vector, K: 1}); err != nil || len(a.Hits) != 1 {
			t.Errorf("%s: another photo: %v", what, err)
		}
		ix.Close()
	}
}

// A full disk is a sentence; what was acknowledged stays, and searches go on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, entries := small(t)
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	w, err := OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := w.db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+1)); err != nil {
		t.Fatal(err)
	}
	more := shop(3000, 24, 9)
	for i := range more {
		more[i].ID = "more-" + more[i].ID
	}
	_, err = w.Apply(t.Context(), Change{Put: more, Remove: []string{"photo-5"}})
	sentence(t, "a full disk", dir, err, nil, "disk is full")
	if err != nil && !strings.Contains(err.Error(), "acknowledged") {
		t.Error(err)
	}
	if _, err := ix.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if a, err := ix.Search(t.Context(), Query{Vector: entries[5].Vector, K: 1}); err != nil || a.Hits[0].ID != "photo-5" {
		t.Error(a, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if v, err := Verify(t.Context(), dir, nil); err != nil || v.Photos != 300 {
		t.Error(v, err)
	}
}

// A folder in which nothing may be written is searched all the same, and not written in a sentence.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir, entries := small(t)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o444)
		if d.IsDir() {
			mode = 0o555
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
		return os.Chmod(path, mode)
	})
	if err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if a, err := ix.Search(t.Context(), Query{Vector: entries[5].Vector, K: 1}); err != nil || a.Hits[0].ID != "photo-5" {
		t.Error(a, err)
	}
	if os.Getuid() == 0 {
		t.Log("root may write everywhere: the sentence of a writer is not tested")
		return
	}
	_, err = OpenWriter(dir)
	sentence(t, "read-only", dir, err, nil, "permission")
}

// One writes at a time, and what is wrong with photos is said before anything is written.
func TestWritersAndPhotos(t *testing.T) {
	t.Parallel()
	dir, entries := small(t)
	w, err := OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	_, err = OpenWriter(dir)
	sentence(t, "a second writer", dir, err, onewriter.ErrBusy, "is being written by")
	_, err = Create(t.Context(), dir, Options{Dim: 24}, list(entries))
	sentence(t, "making it beside a writer", dir, err, onewriter.ErrBusy, "is being written by")
	for what, spoil := range map[string]func(e *Entry){
		"no id":             func(e *Entry) { e.ID = "" },
		"a line break":      func(e *Entry) { e.ID = "a\nb" },
		"Latin-1":           func(e *Entry) { e.Title = "caf\xe9" },
		"a zero byte":       func(e *Entry) { e.Product = "a\x00" },
		"another dimension": func(e *Entry) { e.Vector = e.Vector[:5] },
		"another length":    func(e *Entry) { e.Vector = append([]float32{2}, e.Vector[1:]...) },
		"no number":         func(e *Entry) { e.Vector = append([]float32{float32(math.NaN())}, e.Vector[1:]...) },
	} {
		bad := entries[3]
		spoil(&bad)
		if _, err := w.Apply(t.Context(), Change{Put: []Entry{entries[9], bad}}); !errors.Is(err, ErrPhoto) {
			t.Errorf("%s: %v", what, err)
		}
	}
	empty := filepath.Join(t.TempDir(), "index")
	_, err = Create(t.Context(), empty, Options{Dim: 24}, list(nil))
	if err == nil || !strings.Contains(err.Error(), "no photos") {
		t.Error(err)
	}
	_, err = Create(t.Context(), empty, Options{Dim: 24}, list([]Entry{entries[0], entries[0]}))
	if !errors.Is(err, ErrPhoto) {
		t.Error(err)
	}
	if _, err := Create(t.Context(), empty, Options{Dim: 24}, list(entries)); err != nil { // after what failed
		t.Error(err)
	}
	_, err = Create(t.Context(), empty, Options{Dim: 24}, list(entries))
	sentence(t, "an index that is there", empty, err, ErrThere, "already")
}
