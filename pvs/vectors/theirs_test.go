package vectors

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// numpyTable is what the readable files of testdata/numpy hold.
var numpyTable = []float32{0.5, -1.25, 3, 2, 0, -0.0625}

// copyTo brings a file of numpy's together with ids.
func copyTo(t *testing.T, file, name, ids string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for end, text := range map[string]string{".npy": string(data), ".ids": ids} {
		if err := os.WriteFile(name+end, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What numpy writes is read, or refused in a sentence that says what it is.
func TestWhatNumpyWrites(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/numpy/*.npy")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	refused := map[string]string{
		"archive": "it is a .npz archive", "pickle": "it is a pickle of Python's",
		"two":        "more than one array was saved into it",
		"no_columns": "its shape (2, 0) is not possible", "one_dimension": "its shape is (3,), not (vectors, dimension)",
		"three":  "its shape is (2, 3, 1)",
		"scalar": "its shape is ()", "int64": "whole numbers of type <i8", "int8": "whole numbers of type |i1",
		"bool":    "whole numbers of type |b1",
		"complex": "complex numbers of type <c8", "text": "texts of type <U1", "objects": "pickled Python objects",
		"records":    "named columns",
		"longdouble": "numbers of type <f16; float16, float32 and float64 are read",
	}
	for _, file := range files {
		kind := strings.TrimSuffix(filepath.Base(file), ".npy")
		t.Run(kind, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "set")
			ids := "a\nb\n"
			if kind == "empty" {
				ids = ""
			}
			copyTo(t, file, name, ids)
			set, err := Read(name)
			if say := refused[kind]; say != "" {
				if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), name) {
					t.Errorf("got %v, want %q", err, say)
				}
				if _, err2 := OpenRows(name); err2 == nil || err2.Error() != err.Error() {
					t.Errorf("row by row it is %v", err2)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rows, err := OpenRows(name)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			if kind == "empty" {
				if set.Len() != 0 || set.Dim != 3 || len(rows.IDs) != 0 {
					t.Errorf("got %+v", set)
				}
				if _, err := ReadUnit(name); err == nil || !strings.Contains(err.Error(), "holds no vectors") {
					t.Errorf("a search in nothing: %v", err)
				}
				return
			}
			if set.Dim != 3 || !reflect.DeepEqual(set.Data, numpyTable) {
				t.Errorf("got %+v", set)
			}
			row := make([]float32, 3)
			for i := range 2 {
				if err := rows.Read(i, row); err != nil || !reflect.DeepEqual(row, numpyTable[3*i:3*i+3]) {
					t.Errorf("row %d is %v, %v", i, row, err)
				}
			}
		})
	}
}

// Ids as people's editors save them are the same ids.
func TestIDsAsPeopleSaveThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\nb b\nä\n", "\ufeffa\r\nb b\r\nä\r\n", "a\rb b\rä\r",
		"a\nb b\nä", "a\nb b\nä\n\n\r\n",
		"\xff\xfea\x00\r\x00\n\x00b\x00 \x00b\x00\r\x00\n\x00\xe4\x00\r\x00\n\x00",
		"\xfe\xff\x00a\x00\n\x00b\x00 \x00b\x00\n\x00\xe4"} {
		if ids, err := scanIDs(strings.NewReader(text)); err != nil || !reflect.DeepEqual(ids, []string{"a", "b b", "ä"}) {
			t.Errorf("%q: %q, %v", text, ids, err)
		}
	}
	// A space is part of an id.
	if ids, err := scanIDs(strings.NewReader("a\na \n")); err != nil || len(ids) != 2 {
		t.Errorf("%q, %v", ids, err)
	}
	for text, say := range map[string]string{"a\n\nb\n": "line 2 is empty",
		"a\nb\r\n\ufeffa\na\n": "the id a stands on the lines 1 and 4", "\n\na": "line 1 is empty",
		"a\nGr\xf6\xdfe\n": "line 2 is not UTF-8, but perhaps Latin-1", "\x90\xd4\x82\xa2\n": "line 1 is not UTF-8: save",
		"a\nb\x00c\n": "line 2 has a zero byte"} {
		if _, err := scanIDs(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: got %v, want %q", text, err, say)
		}
	}
	w, err := OpenWriter(filepath.Join(t.TempDir(), "x"), 1, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, id := range []string{"\ufeffa", "a\x00", "a\r", "\xf6"} { // which would be read as others
		if w.Append(id, []float32{1}) == nil {
			t.Errorf("%q can be written", id)
		}
	}
}
