package exchange

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// theirTable is what the readable files of testdata/parquet hold.
var theirTable = []float32{0.5, -1.25, 3, 2, 0, -0.0625, 1, 1, 1}

// What pyarrow, pandas, polars, DuckDB and fastparquet write is read with the ids that
// they show, or refused in a sentence that says what it is.
func TestWhatOthersWriteAsParquet(t *testing.T) {
	ids := map[string]string{
		"id_u8": "0 7 255", "id_u16": "0 7 65535", "id_u32": "0 7 4294967295", "id_u32_v1": "0 7 4294967295",
		"id_u64": "0 7 18446744073709551615",
		"id_i8":  "0 -7 -128", "id_i16": "0 -7 -32768", "id_i32": "0 -7 -2147483648", "id_i64": "0 -7 -9223372036854775808",
		"id_dictionary": "a ü c_c", "id_large": "a ü c_c", "id_view": "a ü c_c",
		"id_binary": "a ü c_c", "id_fixed": "aa bb cc",
		"id_decimal": "0 -12 99999999999999999999", "id_decimal_int": "0 -12 999",
		"id_uuid": "11111111-1111-1111-1111-111111111111 22222222-2222-2222-2222-222222222222 " +
			"ffffffff-ffff-ffff-ffff-ffffffffffff",
		"polars_array": "1 2 18446744073709551615", "duckdb_array": "0 7 255",
		"duckdb_uuid": "00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000001 " +
			"00000000-0000-0000-0000-000000000002",
	}
	refused := map[string]string{
		"id_float":    "the column id cannot be read: it is of floats, which pandas makes",
		"duckdb_huge": "the column id cannot be read: it is of floats",
		"id_bool":     "it is of BOOLEAN", "id_time": "it is of TIMESTAMP", "id_list": "the column id is of lists",
		"id_null":     "the vector of row 1 has no id",
		"pandas_null": "the vector of row 1 has no id", "no_rows": "no_rows.parquet holds no vectors",
		"no_groups":   "no_groups.parquet holds no vectors",
		"in_struct":   `has the columns ["row" "row.id" "row.vector"]; id and vector are wanted: rename them`,
		"other_names": `has the columns ["photo_id" "embedding"]`,
		"v_int":       "it is a list of INT(32,TRUE), not of floats", "v_text": "it is of STRING and no list of floats",
		"fastparquet": "it is of JSON and no list of floats",
		"v_nested":    "is of lists of lists", "v_null": "the vector of b is empty", "v_empty": "the vector of b is empty",
		"v_empty_required": "the vector of b is empty",
		"v_hole":           "the vector of row 1 has an empty place",
		"v_ragged":         "the vector of b has the dimension 1, not 3",
	}
	files, err := filepath.Glob("testdata/parquet/*.parquet")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		kind := strings.TrimSuffix(filepath.Base(file), ".parquet")
		t.Run(kind, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "x.npy")
			_, err := Convert(context.Background(), file, out, Options{})
			if say := refused[kind]; say != "" {
				if err == nil || !strings.Contains(err.Error(), say) {
					t.Errorf("got %v, want %q", err, say)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			set, err := vectors.Read(out)
			if err != nil {
				t.Fatal(err)
			}
			want, values := ids[kind], theirTable
			switch {
			case kind == "duckdb_uuid":
				values = []float32{0, 1, 2, 1, 1, 2, 2, 1, 2}
			case kind == "polars_category":
				want, values = "a b", values[:6]
			case want == "":
				want = "a b c"
			}
			if got := strings.ReplaceAll(strings.Join(set.IDs, " "), "c c", "c_c"); got != want ||
				!reflect.DeepEqual(set.Data, values) {
				t.Errorf("got %q %v, want %q %v", got, set.Data, want, values)
			}
		})
	}
}

// An id that could not be a line of an .ids file is refused, whatever it came from.
func TestIDsOfEveryKindAreTexts(t *testing.T) {
	w := &npyWriter{seen: map[string]bool{}}
	for id, say := range map[string]string{"\xff\xfe": "no text", "a\nb": "no text", "a\x00": "no text",
		"": "row 3 has no id", "a": ""} {
		if err := w.check(vector{row: 3, id: id, values: []float32{1}}); (err == nil) != (say == "") ||
			err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// writeFile is os.WriteFile for tests.
func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// packed makes TFRecord files of one vector each, by their idx, and compresses them.
func packed(t *testing.T, idx int64, how string) []byte {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x")
	ids := make([]string, idx+1)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	m, err := records.WriteVectors(context.Background(), name, ids, 2, func(i int, dst []float32) error {
		dst[0], dst[1] = float32(i), 1
		return nil
	}, records.VectorOptions{ShardBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(name), m.Shards[idx].File))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	default:
		return data
	}
	_, err1 := w.Write(data)
	if err := errors.Join(err1, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Sets of TFRecord files by the names that TensorFlow, Beam and people give them, compressed
// or not: all of a set is read, or what is missing is named.
func TestNamesOfRecords(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   []string // of the idx 0, 1, ...
		how, in string
		want    string // ids, or what is said
	}{
		{"one file", []string{"a.tfrecord"}, "", "a.tfrecord", "0"},
		{"gzip by content", []string{"a.tfrecord"}, "gzip", "a.tfrecord", "0"},
		{"gzip by name", []string{"a.tfrecord.gz"}, "gzip", "a.tfrecord.gz", "0"},
		{"zlib", []string{"a.tfrecords"}, "zlib", "a.tfrecords", "0"},
		{"folder", []string{"d/a.tfrec", "d/b.tfrec", "d/readme.txt", "d/.c.tfrec"}, "", "d", "0 1"},
		{"TensorFlow's", []string{"d/x.tfrecord-00000-of-00002", "d/x.tfrecord-00001-of-00002"}, "", "d", "0 1"},
		{"the set by its name", []string{"x.tfrecord-00000-of-00002", "x.tfrecord-00001-of-00002"}, "", "x.tfrecord", "0 1"},
		{"counted before the ending", []string{"d/x-00000-of-00002.tfrecord.gz", "d/x-00001-of-00002.tfrecord.gz"}, "gzip",
			"d", "0 1"},
		{"counted from 1", []string{"d/x-1-of-2.tfrecord", "d/x-2-of-2.tfrecord"}, "", "d", "0 1"},
		{"without an ending", []string{"d/x-00000-of-00002", "d/x-00001-of-00002"}, "zlib", "d", "0 1"},
		{"one is missing", []string{"d/x.tfrecord-00000-of-00003", "d/x.tfrecord-00002-of-00003"}, "", "d",
			"2 of the 3 files of a set are there, and x.tfrecord-00001-of-00003 not"},
		{"one is missing from a name", []string{"x.tfrecord-00001-of-00002"}, "", "x.tfrecord",
			"x.tfrecord-00000-of-00002 not"},
		{"two sets", []string{"d/x.tfrecord-00000-of-00001", "d/x.tfrecord-00000-of-00002", "d/x.tfrecord-00001-of-00002"},
			"", "d", "files of two sets, of 1 and of 2 files"},
		{"compressed and not", []string{"d/x.tfrecord-00000-of-00001", "d/x.tfrecord-00000-of-00001.gz"},
			"", "d", "is there twice"},
		{"nothing", []string{"d/x.txt"}, "", "d", "no files that end in .tfrecord"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for i, f := range c.files {
				writeFile(t, filepath.Join(dir, f), packed(t, int64(i), c.how))
			}
			out := filepath.Join(dir, "out.npy")
			_, err := Convert(context.Background(), filepath.Join(dir, c.in), out, Options{})
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			set, err := vectors.Read(out)
			if err != nil || strings.Join(set.IDs, " ") != c.want {
				t.Errorf("got %v, %v, want %q", set, err, c.want)
			}
		})
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	// One file of a set, and files of a set that are empty, are said.
	writeFile(t, at("x.tfrecord-00000-of-00002"), packed(t, 0, ""))
	writeFile(t, at("x.tfrecord-00001-of-00002"), nil)
	s, err := Convert(context.Background(), at("x.tfrecord-00000-of-00002"), at("o.npy"), Options{})
	if err != nil || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "is one of 2 files of a set") {
		t.Errorf("%q, %v", s.Notes, err)
	}
	if s, err = Convert(context.Background(), dir, at("o.npy"), Options{}); err != nil || s.Vectors != 1 ||
		len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "1 of the 2 files") {
		t.Errorf("%+v, %v", s, err)
	}
	// Damage within a compressed file is said, with where.
	data := packed(t, 0, "gzip")
	for cut, say := range map[int]string{len(data) - 9: "cut off within a record", 4: "compressed with GZIP"} {
		writeFile(t, at("cut.tfrecord"), data[:cut])
		if _, err := Convert(context.Background(), at("cut.tfrecord"), at("c.npy"), Options{}); err == nil ||
			!strings.Contains(err.Error(), say) {
			t.Errorf("cut at %d of %d: %v", cut, len(data), err)
		}
	}
	writeFile(t, at("z.tfrecord"), []byte("\x28\xb5\x2f\xfd rest of it all"))
	if _, err := Convert(context.Background(), at("z.tfrecord"), at("c.npy"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "Zstandard") {
		t.Errorf("Zstandard: %v", err)
	}
	for _, out := range []string{"o.tfrecord.gz", "o.tfrecord-00000-of-00001"} {
		if _, err := Convert(context.Background(), at("o.npy"), at(out), Options{}); err == nil ||
			!strings.Contains(err.Error(), out) {
			t.Errorf("%s: %v", out, err)
		}
	}
}

func TestDecimal(t *testing.T) {
	for want, v := range map[string]parquet.Value{"-0.05": parquet.ValueOf(int32(-5)), "0.00": parquet.ValueOf(int32(0)),
		"12.34": parquet.ValueOf(int32(1234))} {
		if got := decimal(v, parquet.Int32, 2); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
