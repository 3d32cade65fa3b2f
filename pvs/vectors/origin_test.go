package vectors

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() Origin {
	return Origin{Network: "lite0", Title: "EfficientNet-Lite0", Weights: strings.Repeat("1a2b3c4d", 8),
		WeightsFrom: "lite0", Pixels: 224, Views: []string{"A0"},
		Output: "features", Precision: "float32", Calibration: json.RawMessage(`{"stem":{"Low":0,"High":1.5}}`),
		Engine: "fused CPU kernels", Resize: "square",
		Catalog: "/shop \xff", Split: "index", List: strings.Repeat("0f", 32), Program: "pvs 1",
		Date: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
}

func ExampleCompare() {
	index := Origin{Network: "lite0", Title: "EfficientNet-Lite0", Pixels: 224, Weights: strings.Repeat("1a", 32)}
	queries := Origin{Network: "b0", Title: "EfficientNet-B0", Pixels: 224, Weights: strings.Repeat("2b", 32)}
	err := Compare("the index shop", &index, "the queries today", &queries)
	fmt.Println(strings.NewReplacer(", ", ",\n", "; ", ";\n").Replace(err.Error()))
	fmt.Println(Compare("the index shop", &index, "the queries elsewhere", nil))
	// Output:
	// the index shop was made with EfficientNet-Lite0 at 224 pixels (weights 1a1a1a1a1a1a),
	// but the queries today with EfficientNet-B0 at 224 pixels (weights 2b2b2b2b2b2b);
	// such vectors cannot be compared: embed both with the same
	// <nil>
}

// Each thing that makes vectors of another kind is found, and said on both sides; what
// does not is not.
func TestCompare(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(o *Origin){
		"network":   func(o *Origin) { o.Network, o.Title = "b0", "EfficientNet-B0" },
		"weights":   func(o *Origin) { o.Weights = strings.Repeat("77", 32) },
		"pixels":    func(o *Origin) { o.Pixels = 192 },
		"views":     func(o *Origin) { o.Views = []string{"A0", "A2"} },
		"output":    func(o *Origin) { o.Output = "descriptor" },
		"precision": func(o *Origin) { o.Precision = "bfloat16" },
		"resize":    func(o *Origin) { o.Resize = "stretched" },
		"centre":    func(o *Origin) { o.Centre = 0.7 },
	} {
		a, b := sample(), sample()
		change(&b)
		err := Compare("this", &a, "that", &b)
		if err == nil {
			t.Errorf("another %s is not found", what)
			continue
		}
		left, right, _ := strings.Cut(err.Error(), ", but that with ")
		right, _, _ = strings.Cut(right, "; ")
		if !strings.HasPrefix(left, "this was made with ") || strings.TrimPrefix(left, "this was made with ") == right {
			t.Errorf("another %s: %v", what, err)
		}
	}
	a, b := sample(), sample()
	b.WeightsFrom, b.Checkpoint, b.Engine, b.Catalog, b.Split, b.List, b.Program, b.Date = "else", "where", "xla",
		"other", "query", "", "pvs 2", time.Now()
	b.Calibration = nil
	if err := Compare("this", &a, "that", &b); err != nil {
		t.Error(err)
	}
	if err := Compare("this", &Origin{}, "that", &b); err != nil {
		t.Error(err)
	}
}

// What made a set is read back, from the set and from another file's metadata.
func TestOriginRoundTrip(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w := threeRows(t, name)
	o := sample()
	w.Describe(o)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := o
	want.Catalog, want.Date = "/shop \ufffd", o.Date.Truncate(time.Second)
	same := func(got *Origin) bool {
		if got == nil {
			return false
		}
		g, err1 := json.Marshal(got)
		x, err2 := json.Marshal(want)
		return err1 == nil && err2 == nil && string(g) == string(x)
	}
	set, err := Read(name)
	if err != nil || !same(set.Origin) {
		t.Errorf("got %+v, %v", set.Origin, err)
	}
	rows, err := OpenRows(name)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !same(rows.Origin) || rows.Verify() != nil {
		t.Errorf("got %+v, %v", rows.Origin, rows.Verify())
	}
	text, err := MarshalOrigin(set.Origin)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := UnmarshalOrigin(text); err != nil || !same(got) {
		t.Errorf("got %+v, %v", got, err)
	}
	if text, err := MarshalOrigin(nil); text != nil || err != nil {
		t.Errorf("nothing is %s, %v", text, err)
	}
	if o, err := UnmarshalOrigin(nil); o != nil || err != nil {
		t.Errorf("nothing is %v, %v", o, err)
	}
}

// A NAME.json that was torn, edited, taken from another set or is no such file at all is
// one sentence; a set without, or with a manifest of TFRecord shards, is from elsewhere.
func TestBadSidecars(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w := threeRows(t, name)
	w.Describe(sample())
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(pairs ...string) []byte {
		text := string(good)
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(text, pairs[i]) {
				t.Fatalf("%s is not in %s", pairs[i], text)
			}
			text = strings.Replace(text, pairs[i], pairs[i+1], 1)
		}
		return []byte(text)
	}
	for what, c := range map[string]struct {
		data []byte
		say  string
	}{
		"torn":            {good[:len(good)/2], "cut off"},
		"empty":           {nil, "it is empty"},
		"two objects":     {append(good, good...), "cut off or damaged"},
		"another network": {edit("lite0", "b0"), "changed since"},
		"an unknown key":  {edit(`"rows"`, `"columns"`), "changed or damaged"},
		"a later version": {edit(`"version": 1`, `"version": 2`), "a later one"},
		"no version":      {edit(`"version": 1`, `"version": 0`), "no version"},
		"a list":          {[]byte("[1, 2]"), "another program's JSON"},
		"another program": {[]byte(`{"model": "clip"}`), "format"},
		"a number":        {edit(`"rows": 3`, `"rows": -3`), "not possible"},
		"too long":        {append(good, strings.Repeat(" ", maxSidecar)...), "KiB"},
		"control":         {edit(`"pvs 1"`, `"pvs\n1"`), "control"},
		"digest":          {edit("1a2b", "1x2b"), "SHA-256"},
	} {
		if err := os.WriteFile(name+".json", c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err1 := Read(name)
		_, err2 := OpenRows(name)
		for _, err := range []error{err1, err2} {
			if err == nil || !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), name+".json") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v, want %q", what, err, c.say)
			}
		}
	}
	if err := os.WriteFile(name+".json", []byte(`{"foreign": true}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWriter(name, 2, "k"); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("another program's file would be overwritten: %v", err)
	}
	if err := os.WriteFile(name+".json", []byte(`{"version": 1, "records": 3, "dim": 2, "shards": []}`),
		0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWriter(name, 2, "k"); err == nil || !strings.Contains(err.Error(), "manifest") {
		t.Errorf("a manifest would be overwritten: %v", err)
	}
	for range 2 { // the manifest, then nothing
		if s, err := Read(name); err != nil || s.Origin != nil {
			t.Errorf("got %+v, %v", s, err)
		}
		_ = os.Remove(name + ".json")
	}
}

// Another program's .npy or .ids under a name whose .json is of the old is noticed.
func TestReplacedSet(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		npy []byte
		ids string
		say string
	}{
		"values": {append(npyHeader(3, 2), asBytes(vec(0, 1, 1, 1, 2, 7))...), "id-0\nid-1\nid-2\n",
			"the values are others"},
		"ids": {nil, "id-0\nid-2\nid-1\n", "the ids are others"},
		"rows": {append(npyHeader(2, 2), asBytes(vec(0, 1, 1, 1))...), "id-0\nid-1\n",
			"3 vectors of dimension 2, and there are 2 of 2"},
		"dimension":   {append(npyHeader(3, 1), asBytes(vec(0, 1, 1))...), "id-0\nid-1\nid-2\n", "3 of 1"},
		"Windows ids": {nil, "id-0\r\nid-1\r\nid-2\r\n", ""},
	} {
		name := filepath.Join(t.TempDir(), "set")
		if err := threeRows(t, name).Close(); err != nil {
			t.Fatal(err)
		}
		if c.npy != nil {
			if err := os.WriteFile(name+".npy", c.npy, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(name+".ids", []byte(c.ids), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Read(name)
		rows, opened := OpenRows(name)
		if opened == nil {
			opened = rows.Verify()
			rows.Close()
		}
		for _, err := range []error{err, opened} {
			if (err != nil) != (c.say != "") || err != nil && !strings.Contains(err.Error(), c.say) {
				t.Errorf("other %s: got %v, want %q", what, err, c.say)
			}
		}
	}
}

func FuzzSidecar(f *testing.F) {
	s := sidecar{Origin: sample(), Dim: 2, Rows: 3}
	path := filepath.Join(f.TempDir(), "x.json")
	if err := s.write(path); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSidecar(data)
		if err != nil {
			return
		}
		if s.check() == nil && s.Sum == s.sum() && !reflect.DeepEqual(s.Format, sidecarFormat) {
			t.Errorf("%q was taken", data)
		}
	})
}

// A set of another program is never replaced, and an empty NAME.json is named for what it is.
func TestOthersSets(t *testing.T) {
	t.Parallel()
	for file, say := range map[string]string{
		".npy":  ".npy is there without a",
		".json": ".json is empty, perhaps made by the shell for its redirect",
	} {
		name := filepath.Join(t.TempDir(), "set")
		if err := os.WriteFile(name+file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := OpenWriter(name, 2, "k")
		for _, err := range []error{err, Free(name)} {
			if err == nil || !strings.Contains(err.Error(), say) ||
				!strings.Contains(err.Error(), "differently") && !strings.Contains(err.Error(), "another name") {
				t.Errorf("%s: %v, want %q", file, err, say)
			}
		}
		if left, _ := filepath.Glob(name + "*"); len(left) != 1 {
			t.Errorf("left behind: %q", left)
		}
	}
}

// What is replaced is said where it was of another network or of other photos.
func TestReplacing(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	if got := Replacing(name, &Origin{Network: "b0"}); got != "" {
		t.Errorf("nothing is replaced, but %q", got)
	}
	w := threeRows(t, name)
	had := sample()
	had.Catalog, had.Split = "/cat", "index"
	w.Describe(had)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	other, query := had, had
	other.Network, other.Title = "b0", "EfficientNet-B0"
	query.Split = "query"
	augmented := had
	augmented.Augmented = "by 3 neighbours"
	for _, c := range []struct {
		by   Origin
		says []string
	}{
		{had, nil},
		{other, []string{name + " holds vectors by ",
			"of the split index of /cat; they are replaced by vectors by EfficientNet-B0"}},
		{query, []string{"of the split query of /cat"}},
		{augmented, []string{"augmented by nothing, of", "augmented by 3 neighbours, of"}},
		{Origin{}, []string{"replaced by vectors of which it is not known what made them"}},
	} {
		got := Replacing(name+".npy", &c.by)
		if c.says == nil && got != "" {
			t.Errorf("the same again: %q", got)
		}
		for _, say := range c.says {
			if !strings.Contains(got, say) {
				t.Errorf("%q, want %q", got, say)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]string{"z/": "names a folder: name the vectors in it, as in z/index",
		".":    "names a folder",
		"a/..": "names a folder", "": "names no vectors", ".npy": "names no vectors", "z/.npy": "names a folder"} {
		_, err := OpenWriter(name, 2, "k")
		for _, err := range []error{err, CheckName(name), Free(name)} {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%q: %v, want %q", name, err, say)
			}
		}
	}
	dir := t.TempDir()
	for name, say := range map[string]string{"net.json": "is beside the vectors", "net.parquet": "convert it to",
		"net": "there are no vectors at"} {
		if _, err := Read(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q", name, err, say)
		}
	}
}
