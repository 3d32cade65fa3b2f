package exchange

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// set writes n vectors NAME.npy and returns the name.
func set(t testing.TB, dir string, n, dim int) string {
	t.Helper()
	name := filepath.Join(dir, "set")
	w, err := vectors.OpenWriter(name, dim, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		v := make([]float32, dim)
		for d := range v {
			v[d] = float32(math.Sin(float64(i*dim + d)))
		}
		if err := w.Append(fmt.Sprintf("shop/%d, größe.jpg", i), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func convert(t testing.TB, in, out string, opts Options) Summary {
	t.Helper()
	s, err := Convert(context.Background(), in, out, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// equal makes sure that two sets are the same to the last bit.
func equal(t testing.TB, a, b string) {
	t.Helper()
	x, err1 := vectors.Read(a)
	y, err2 := vectors.Read(b)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x, y) {
		t.Errorf("%s and %s differ", a, b)
	}
}

func TestRoundTrips(t *testing.T) {
	for _, ending := range []string{".parquet", ".tfrecord"} {
		dir := t.TempDir()
		name := set(t, dir, 300, 24)
		s := convert(t, name+".npy", filepath.Join(dir, "other"+ending), Options{ShardBytes: 10_000})
		if s.Vectors != 300 || s.Dim != 24 || (s.Shards > 3) != (ending == ".tfrecord") {
			t.Errorf("%+v", s)
		}
		in := filepath.Join(dir, "other"+ending)
		if ending == ".tfrecord" {
			in = filepath.Join(dir, "other.json")
		}
		if s := convert(t, in, filepath.Join(dir, "back.npy"), Options{}); s.Vectors != 300 ||
			s.Dim != 24 || s.Skipped != nil {
			t.Errorf("%+v", s)
		}
		equal(t, name, filepath.Join(dir, "back"))
	}
}

// What made vectors is carried to each format and back, word by word; a file that does
// not say leaves it open, and one that says it wrongly is refused.
func TestOrigin(t *testing.T) {
	made := vectors.Origin{Network: "mini", Title: "a miniature", Weights: strings.Repeat("1a", 32),
		WeightsFrom: "somewhere", Pixels: 32, Views: []string{"A0"},
		Output: "features", Precision: "int8", Calibration: []byte(`{"stem":{"Low":0,"High":1}}`),
		Resize: "square", Split: "index",
		Photos: strings.Repeat("2b", 32), Program: "a test", Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for _, ending := range []string{".parquet", ".tfrecord"} {
		dir := t.TempDir()
		name := filepath.Join(dir, "set")
		w, err := vectors.OpenWriter(name, 2, "test")
		if err != nil {
			t.Fatal(err)
		}
		w.Describe(made)
		if err := errors.Join(w.Append("a", []float32{1, 2}), w.Append("b", []float32{3, 4}), w.Close()); err != nil {
			t.Fatal(err)
		}
		// To the set's own name, too: the manifest of shards is then not NAME.json.
		for _, stem := range []string{"other", "set"} {
			s := convert(t, name+".npy", filepath.Join(dir, stem+ending), Options{})
			if s.Origin == nil || (stem == "set") != (s.Manifest == name+".tfrecord.json") && ending == ".tfrecord" {
				t.Errorf("%+v", s)
			}
			if _, err := vectors.Read(name); err != nil {
				t.Error(err)
			}
			in := filepath.Join(dir, stem+ending)
			if ending == ".tfrecord" {
				in = filepath.Join(dir, stem+".json")
			}
			convert(t, in, filepath.Join(dir, stem+"-back.npy"), Options{})
			equal(t, name, filepath.Join(dir, stem+"-back"))
			// And back onto the manifest's own name.
			convert(t, in, filepath.Join(dir, stem+".npy"), Options{})
			equal(t, name, filepath.Join(dir, stem))
			convert(t, in, filepath.Join(dir, stem+".npy"), Options{})
			equal(t, name, filepath.Join(dir, stem))
		}
		// Values that are not those that the set's NAME.json is about are not carried.
		data, err := os.ReadFile(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)-1] ^= 1
		if err := os.WriteFile(name+".npy", data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Convert(context.Background(), name+".npy", filepath.Join(dir, "x"+ending), Options{}); err == nil ||
			!strings.Contains(err.Error(), "the values are others") {
			t.Errorf("%s: got %v", ending, err)
		}
		if err := os.Remove(name + ".json"); err != nil {
			t.Fatal(err)
		}
		if s := convert(t, name+".npy", filepath.Join(dir, "x"+ending), Options{}); s.Origin != nil {
			t.Errorf("%+v", s)
		}
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "torn.parquet")
	if err := parquet.WriteFile(path, []parquetRow{{"a", []float32{1}}},
		parquet.KeyValueMetadata(originKey, `{"format": "pvs vectors", "version": 1, "netw`)); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert(context.Background(), path, filepath.Join(dir, "x.npy"), Options{}); err == nil ||
		!strings.Contains(err.Error(), originKey) {
		t.Errorf("got %v", err)
	}
	manifest := `{"version": 1, "records": 1, "dim": 1, "shards": [{"file": "a", "photos": ["a"]}],` +
		` "origin": {"format": "pvs vectors", "version": 9}}`
	path = filepath.Join(dir, "later.json")
	if err := os.WriteFile(path, []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert(context.Background(), path, filepath.Join(dir, "x.npy"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "version 9") {
		t.Errorf("got %v", err)
	}
}

// Records without a manifest, as the original's: a file, a folder, ids by line.
func TestForeignRecords(t *testing.T) {
	dir := t.TempDir()
	name := set(t, dir, 5, 3)
	convert(t, name+".npy", filepath.Join(dir, "r", "emb.tfrecord"), Options{ShardBytes: 150})
	for _, in := range []string{filepath.Join(dir, "r"), filepath.Join(dir, "r", "emb-00000.tfrecord")} {
		convert(t, in, filepath.Join(dir, "plain.npy"), Options{})
		got, err := vectors.Read(filepath.Join(dir, "plain"))
		if err != nil || got.IDs[1] != "1" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	convert(t, filepath.Join(dir, "r"), filepath.Join(dir, "named.npy"), Options{IDs: name + ".ids"})
	equal(t, name, filepath.Join(dir, "named"))
	short := filepath.Join(dir, "short.txt")
	if err := os.WriteFile(short, []byte("a\nb\nc\nd\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert(context.Background(), filepath.Join(dir, "r"), filepath.Join(dir, "x.npy"),
		Options{IDs: short}); err == nil || !strings.Contains(err.Error(), "its idx is 4, but there are 4 ids") {
		t.Errorf("got %v", err)
	}
}

// A flipped bit is named by file and offset; with SkipBad it costs its own record only.
func TestFlippedBit(t *testing.T) {
	for _, at := range []int{3, 60, 78} { // in the first record's data, and the second one's length
		dir := t.TempDir()
		name := set(t, dir, 4, 8)
		convert(t, name+".npy", filepath.Join(dir, "emb.tfrecord"), Options{})
		shard := filepath.Join(dir, "emb-00000.tfrecord")
		data, err := os.ReadFile(shard)
		if err != nil {
			t.Fatal(err)
		}
		record := len(data) / 4
		data[at] ^= 8
		if err := os.WriteFile(shard, data, 0o644); err != nil {
			t.Fatal(err)
		}
		back := filepath.Join(dir, "back.npy")
		say := fmt.Sprintf("%s, the record at byte %d:", shard, at/record*record)
		if _, err := Convert(context.Background(), filepath.Join(dir, "emb.json"), back, Options{}); err == nil ||
			!strings.Contains(err.Error(), say) || !errors.Is(err, catalog.ErrBad) {
			t.Errorf("byte %d: %v, want %q", at, err, say)
		}
		s := convert(t, filepath.Join(dir, "emb.json"), back, Options{SkipBad: true})
		got, err := vectors.Read(back)
		if err != nil || s.Vectors != 3 || len(s.Skipped) != 1 || got.Len() != 3 || got.IDs[2] != "shop/3, größe.jpg" {
			t.Errorf("byte %d: %+v, %v, %v", at, s, got, err)
		}
	}
}

// An interrupted conversion goes on and ends with the same bytes.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	name := set(t, dir, 200, 16)
	for _, ending := range []string{".parquet", ".tfrecord"} {
		convert(t, name+".npy", filepath.Join(dir, "other"+ending), Options{ShardBytes: 2000})
	}
	for _, in := range []string{"other.parquet", "other.json"} {
		out := filepath.Join(dir, "back.npy")
		for stop := 30; ; stop += 60 {
			ctx, cancel := context.WithCancel(context.Background())
			calls := 0
			_, err := Convert(ctx, filepath.Join(dir, in), out, Options{Progress: func(int, int) {
				if calls++; calls == stop {
					cancel()
				}
			}})
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		equal(t, name, filepath.Join(dir, "back"))
	}
}

func TestBadConversions(t *testing.T) {
	dir := t.TempDir()
	name := set(t, dir, 3, 2)
	path := func(n string) string { return filepath.Join(dir, n) }
	for n, text := range map[string]string{"text.parquet": "a letter", "page.parquet": "a page of text",
		"huge.parquet": "PAR1\x00\x00\xff\xff\xff\xf0PAR1", "empty.tfrecord": "", "text.tfrecord": "a letter of some length",
		"photos.json": `{"version":1,"records":0}`, "none/x.txt": ""} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path(n)), 0o755),
			os.WriteFile(path(n), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	type other struct {
		Name   string    `parquet:"name"`
		Vector []float32 `parquet:"vector,list"`
	}
	type ragged struct {
		ID     int64     `parquet:"id"`
		Vector []float64 `parquet:"vector,list"`
	}
	if err := errors.Join(parquet.WriteFile(path("other.parquet"), []other{{"a", []float32{1}}}),
		parquet.WriteFile(path("ragged.parquet"), []ragged{{7, []float64{1, 2}}, {8, []float64{1}}, {9, nil},
			{7, []float64{3, 4}}, {10, []float64{math.NaN(), 1}}, {11, []float64{5, 6}}})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, out, say string }{
		{name + ".npy", path("x.csv"), "ends in none of .npy, .parquet"},
		{path("none.npy"), path("x.parquet"), "there are no vectors"},
		{path("none.parquet"), path("x.npy"), "there is no "},
		{path("none.tfrecord"), path("x.npy"), "there is no "},
		{path("other.parquet"), path("x.tfrecord"), "must be a .npy"},
		{path("other.parquet"), path("x.npy"), `has the columns ["name" "vector"]; id and vector are wanted`},
		{path("text.parquet"), path("x.npy"), "it is too short"},
		{path("page.parquet"), path("x.npy"), "does not end as a Parquet file"},
		{path("huge.parquet"), path("x.npy"), "claims 4043309055 bytes of a file of 14"},
		{path("ragged.parquet"), path("x.npy"), "the vector of 8 has the dimension 1, not 2"},
		{path("empty.tfrecord"), path("x.npy"), "holds no vectors"},
		{path("text.tfrecord"), path("x.npy"), "the record at byte 0"},
		{path("photos.json"), path("x.npy"), "is of photos, not of embeddings"},
		{path("none"), path("x.npy"), "has no files that end in .tfrecord"},
	} {
		if _, err := Convert(context.Background(), c.in, c.out, Options{}); err == nil ||
			!strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: got %v, want %q", c.in, err, c.say)
		}
	}
	s := convert(t, path("ragged.parquet"), path("x.npy"), Options{SkipBad: true})
	got, err := vectors.Read(path("x"))
	if err != nil || !reflect.DeepEqual(got.IDs, []string{"7", "11"}) ||
		!reflect.DeepEqual(got.Data, []float32{1, 2, 5, 6}) || len(s.Skipped) != 4 {
		t.Errorf("%+v, %v, %q", got, err, s.Skipped)
	}
}

// numpy, pandas and FAISS read what is written here and find the same; what pandas
// writes is read.
func TestPythonReads(t *testing.T) {
	python := os.Getenv("PVS_FAISS_PYTHON")
	if python == "" {
		t.Skip("PVS_FAISS_PYTHON names no python with numpy, pandas, pyarrow and faiss-cpu")
	}
	dir := t.TempDir()
	name := set(t, dir, 300, 24)
	convert(t, name+".npy", filepath.Join(dir, "set.parquet"), Options{})
	script := `
import sys, faiss, numpy as np, pandas as pd
name, parquet, back = sys.argv[1:]
vectors, ids = np.load(name + ".npy"), open(name + ".ids", encoding="utf-8").read().splitlines()
table = pd.read_parquet(parquet)
assert list(table.columns) == ["id", "vector"] and list(table.id) == ids, table
assert np.array_equal(np.stack(table.vector), vectors) and np.stack(table.vector).dtype == np.float32
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
scores, rows = index.search(vectors[:50], 1)
assert np.allclose(scores[:, 0], (vectors[:50] @ vectors.T).max(1), atol=1e-5)
pd.DataFrame({"number": range(len(ids)), "id": ids, "vector": list(vectors)}).to_parquet(back, row_group_size=70)
print(len(ids), vectors.shape, ids[7])
`
	back := filepath.Join(dir, "pandas.parquet")
	out, err := exec.Command(python, "-c", script, name, filepath.Join(dir, "set.parquet"), back).CombinedOutput()
	if err != nil || string(out) != "300 (300, 24) shop/7, größe.jpg\n" {
		t.Fatalf("%v: %s", err, out)
	}
	convert(t, back, filepath.Join(dir, "back.npy"), Options{})
	equal(t, name, filepath.Join(dir, "back"))
}

// Damaged files make sentences, never a panic.
func FuzzParquet(f *testing.F) {
	dir := f.TempDir()
	name := set(f, dir, 3, 2)
	convert(f, name+".npy", filepath.Join(dir, "set.parquet"), Options{})
	data, err := os.ReadFile(filepath.Join(dir, "set.parquet"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, theirs := range []string{"id_u64", "id_decimal", "v_half", "no_rows", "duckdb_uuid",
		"polars_array", "v_struct"} {
		if data, err = os.ReadFile(filepath.Join("testdata", "parquet", theirs+".parquet")); err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s := &parquetSource{path: path}
		n := 0
		_ = s.each(func(vector) error {
			if n++; n > 1000 {
				return errors.New("enough")
			}
			return nil
		})
	})
}

func ExampleConvert() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	_, err := records.WriteVectors(context.Background(), filepath.Join(dir, "emb"), []string{"a", "b"}, 2,
		func(i int, dst []float32) error { dst[0] = float32(i); return nil }, records.VectorOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := Convert(context.Background(), filepath.Join(dir, "emb.json"), filepath.Join(dir, "index.npy"), Options{})
	fmt.Println(s.Vectors, "vectors of dimension", s.Dim, err)
	// Output: 2 vectors of dimension 2 <nil>
}

// Files of other programs are never replaced, vectors of another origin are named before they
// are, and names of nothing are refused.
func TestWhatIsReplaced(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	in := set(t, dir, 3, 2) + ".npy"
	for out, say := range map[string]string{"x.parquet": "is there and not of pvs",
		"x-00000.tfrecord": "is there without a manifest"} {
		if err := os.WriteFile(at(out), []byte("theirs"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Convert(context.Background(), in, at(strings.Replace(out, "-00000", "", 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v", out, err)
		}
		if data, err := os.ReadFile(at(out)); err != nil || string(data) != "theirs" {
			t.Errorf("%s is %q now, %v", out, data, err)
		}
	}
	convert(t, in, at("v.parquet"), Options{})
	if err := os.WriteFile(at("theirs.npy"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert(context.Background(), at("v.parquet"), at("theirs.npy"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "another program's") {
		t.Errorf("another program's .npy was replaced: %v", err)
	}
	described := func(name, network string) string {
		w, err := vectors.OpenWriter(at(name), 2, network)
		if err != nil {
			t.Fatal(err)
		}
		w.Describe(vectors.Origin{Network: network})
		if err := errors.Join(w.Append("a", []float32{1, 2}), w.Close()); err != nil {
			t.Fatal(err)
		}
		return at(name + ".npy")
	}
	a, b := described("a", "lite0"), described("b", "b0")
	for _, out := range []string{"w.parquet", "w.tfrecord"} {
		for i, from := range []string{a, a, b, a} {
			var said []string
			convert(t, from, at(out), Options{Log: func(line string) { said = append(said, line) }})
			if want := i / 2; len(said) != want || want > 0 && !strings.Contains(said[0], "they are replaced by vectors by ") {
				t.Errorf("%s, conversion %d: said %q", out, i, said)
			}
		}
	}
	convert(t, b, at("b.parquet"), Options{})
	for i, from := range []string{"w.parquet", "w.parquet", "b.parquet"} {
		var said []string
		convert(t, at(from), at("back.npy"), Options{Log: func(line string) { said = append(said, line) }})
		if want := i / 2; len(said) != want || want > 0 &&
			!strings.Contains(said[0], "holds vectors by lite0; they are replaced by vectors by b0") {
			t.Errorf("to .npy, conversion %d: said %q", i, said)
		}
	}
	for _, c := range [][3]string{
		{in, at(".parquet"), "names a folder"}, {in, ".parquet", "names no vectors"},
		{in, dir, "is a folder; name a file in it"},
		{in, at("y.npy"), "are of one kind"}, {at("none.parquet"), at("y.npy"), "there is no " + at("none.parquet")},
		{at("none.json"), at("y.npy"), "there is no " + at("none.json")},
		{at("v.parquet"), at("y.tfrecord"), "must be a .npy"},
	} {
		if _, err := Convert(context.Background(), c[0], c[1], Options{}); err == nil ||
			!strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s to %s: %v, want %q", c[0], c[1], err, c[2])
		}
	}
}
