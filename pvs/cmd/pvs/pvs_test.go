package main

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// pvs runs the command as a shell would and returns its exit status and output.
func pvs(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	out, errs := open("out"), open("err")
	status = run(context.Background(), args, out, errs)
	read := func(f *os.File) string {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return status, read(out), read(errs)
}

// refused makes sure that a command ends with status 1 and one sentence that says what
// is wanted.
func refused(t *testing.T, args []string, say string) {
	t.Helper()
	status, _, stderr := pvs(t, args...)
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	last := lines[len(lines)-1]
	if status != 1 || !strings.HasPrefix(last, "pvs: ") || !strings.Contains(last, say) {
		t.Errorf("%v: status %d, %q; want %q", args, status, last, say)
	}
}

// misused makes sure that a command ends with status 2, for wrong usage, and one sentence
// that says what is wanted.
func misused(t *testing.T, args []string, say string) {
	t.Helper()
	status, _, stderr := pvs(t, args...)
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if status != 2 || len(lines) != 1 || !strings.HasPrefix(lines[0], "pvs: ") || !strings.Contains(lines[0], say) {
		t.Errorf("%v: status %d, %q; want %q", args, status, lines, say)
	}
}

// object parses the JSON object that must be on the last line of stdout.
func object(t *testing.T, stdout string, keys ...string) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var v map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &v); err != nil {
		t.Fatalf("%v in %q", err, lines[len(lines)-1])
	}
	for _, k := range keys {
		if _, ok := v[k]; !ok {
			t.Errorf("the JSON lacks %q: %v", k, v)
		}
	}
	return v
}

// The way from a drawn catalogue to a score, by colour histograms, which need no network.
func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cat, at := filepath.Join(dir, "cat"), func(name string) string { return filepath.Join(dir, name) }
	steps := []struct {
		args []string
		keys []string
	}{
		{[]string{"data", "synth", "--products", "6", "--train", "3", "--size", "64", "--out", cat},
			[]string{"photos", "products", "categories"}},
		{[]string{"embed", cat, "--split", "index", "--baseline", "--out", at("index")},
			[]string{"vectors", "dim", "images_per_second"}},
		{[]string{"embed", cat, "--split", "query", "--baseline", "--out", at("query")},
			[]string{"vectors", "dim", "images_per_second"}},
		{[]string{"convert", at("index.npy"), at("index.parquet")}, []string{"vectors", "dim", "skipped"}},
		{[]string{"convert", at("index.parquet"), at("again.npy")}, []string{"vectors", "dim", "skipped"}},
		{[]string{"convert", at("again.npy"), at("index.tfrecord")}, []string{"vectors", "dim", "skipped", "shards"}},
		{[]string{"convert", at("index.json"), at("index.npy")}, []string{"vectors", "dim", "skipped"}},
		{[]string{"search", "--index", at("index"), "--queries", at("query"), "--out", at("ranked.csv")},
			[]string{"queries", "queries_per_second"}},
		{[]string{"evaluate", at("ranked.csv"), "--catalog", cat}, []string{"mar_at_10", "queries", "queries_without_truth"}},
		{[]string{"search", "--index", at("index"), "--image", filepath.Join(cat, "images"), "--baseline"}, nil},
	}
	for _, s := range steps {
		status, stdout, stderr := pvs(t, append(s.args, "--json")...)
		if s.keys == nil {
			if status != 1 || !strings.Contains(stderr, "folder") {
				t.Errorf("%v: %d, %s", s.args, status, stderr)
			}
			continue
		}
		if status != 0 {
			t.Fatalf("%v: %s", s.args, stderr)
		}
		object(t, stdout, s.keys...)
	}
	status, stdout, stderr := pvs(t, "quickstart", "--catalog", cat, "--baseline", "--out", at("quick"), "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	v := object(t, stdout, "mar_at_10", "baseline_mar_at_10", "chart", "gallery")
	for _, key := range []string{"chart", "gallery"} {
		if info, err := os.Stat(v[key].(string)); err != nil || info.Size() < 10_000 {
			t.Errorf("%s: %v", v[key], err)
		}
	}
}

// Each bad input is one sentence on stderr that names the thing, and exit status 1.
func TestBadInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const header = "photo,path,split,product,category,title\n"
	write("text/a.jpg", "a letter")
	write("text/photos.csv", header+"a,a.jpg,index,p,,\n")
	write("column/photos.csv", "photo,path\na,b\n")
	write("quote/photos.csv", header+"a,a.jpg,index,p,,\"\n")
	write("twice/photos.csv", header+"a,a.jpg,index,p,,\na,a.jpg,index,p,,\n")
	write("gone/photos.csv", header+"a,none.jpg,index,p,,\n")
	write("few.npy", "not numpy")
	write("few.ids", "a\n")
	wrong := write("wrong.h5", "no weights")
	for name, dim := range map[string]int{"two": 2, "three": 3} {
		w, err := vectors.OpenWriter(filepath.Join(dir, name), dim, "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append("a", make([]float32, dim)),
			w.Append("b", []float32{1, 2, float32(math.NaN())}[:dim]), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"embed", filepath.Join(dir, "none"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"photos.csv"},
		{[]string{"embed", filepath.Join(dir, "text"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"looks like text"},
		{[]string{"embed", filepath.Join(dir, "gone"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"no such file"},
		{[]string{"embed", filepath.Join(dir, "column"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"lacks the column split"},
		{[]string{"embed", filepath.Join(dir, "quote"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"line 2"},
		{[]string{"embed", filepath.Join(dir, "twice"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"the id is used"},
		{[]string{"embed", filepath.Join(dir, "text"), "--split", "query", "--baseline", "--out", filepath.Join(dir, "v")},
			"no photos in the split query"},
		{[]string{"embed", filepath.Join(dir, "text"), "--split", "index", "--weights", wrong, "--model", "b0", "--out",
			filepath.Join(dir, "v")}, "wrong.h5"},
		{[]string{"embed", filepath.Join(dir, "text"), "--split", "index", "--weights", wrong, "--out",
			filepath.Join(dir, "v")}, "--model"},
		{[]string{"search", "--index", filepath.Join(dir, "few"), "--queries", filepath.Join(dir, "few")}, ".npy"},
		{[]string{"search", "--index", filepath.Join(dir, "none"), "--queries", filepath.Join(dir, "few")}, "pvs embed"},
		{[]string{"search", "--index", filepath.Join(dir, "two"), "--queries", filepath.Join(dir, "two")}, "no direction"},
		{[]string{"search", "--index", filepath.Join(dir, "three"), "--queries", filepath.Join(dir, "two")},
			"vector 1 (b) holds NaN"},
		{[]string{"evaluate", filepath.Join(dir, "none.csv"), "--truth", "x"}, "pvs search"},
		{[]string{"convert", filepath.Join(dir, "none.npy"), filepath.Join(dir, "x.parquet")}, "there are no vectors"},
		{[]string{"search", "--index", filepath.Join(dir, "two"), "--queries", filepath.Join(dir, "two"), "--out", dir},
			"is a folder; name a file in it"},
		{[]string{"embed", filepath.Join(dir, "gone"), "--split", "index", "--baseline", "--out", filepath.Join(dir, "v")},
			"; mend it, or leave out what is bad with --skip-bad"},
		{[]string{"verify", filepath.Join(dir, "none")}, "no folder"},
		{[]string{"bench", "images", "--photo", filepath.Join(dir, "none.jpg")},
			"none.jpg: there is no such file; without --photo one is drawn"},
		{[]string{"bench", "images", "--photo", filepath.Join(dir, "text/a.jpg")}, "looks like text"},
		{[]string{"data", "kicad", "--from", filepath.Join(dir, "none"), "--out", filepath.Join(dir, "k")}, "none"},
		{[]string{"data", "furniture", "--from", filepath.Join(dir, "none"), "--out", filepath.Join(dir, "k")}, "none"},
	} {
		refused(t, c.args, c.say)
	}
}

// Folders of photos become a catalogue; a kind that there is not is wrong usage and the
// known ones are listed.
func TestImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"Mugs/blue/1.jpg", "Mugs/blue/2.jpg", "Mugs/red/1.jpg"} {
		if err := os.MkdirAll(filepath.Join(dir, "shop", filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "shop", name), []byte("its pixels"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := pvs(t, "import", "folder", filepath.Join(dir, "shop"), "--out",
		filepath.Join(dir, "cat"), "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	if v := object(t, stdout, "photos", "products", "categories"); v["photos"] != 3.0 ||
		v["products"] != 2.0 || v["categories"] != 1.0 {
		t.Errorf("got %v", v)
	}
	refused(t, []string{"import", "folder", filepath.Join(dir, "none"), "--out", filepath.Join(dir, "cat")}, "there is no")
	for _, args := range [][]string{{"import", "nonsense", dir, "--out", dir}, {"import"}} {
		if status, _, stderr := pvs(t, args...); status != 2 || !strings.Contains(stderr, "folder") {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"nonsense"}, {"embed"}, {"search", "--index", "x"},
		{"search", "--index", "x", "--queries", "q", "--image", "i"}} {
		if status, _, stderr := pvs(t, args...); status != 2 || !strings.Contains(stderr, "pvs --help") {
			t.Errorf("%v: status %d, %q", args, status, stderr)
		}
	}
	if status, stdout, _ := pvs(t, "--help"); status != 0 || !strings.Contains(stdout, "quickstart") {
		t.Errorf("--help: status %d, %q", status, stdout)
	}
}

// Vectors of two networks cannot be compared.
func TestMismatchedDimensions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, dim := range map[string]int{"two": 2, "three": 3} {
		w, err := vectors.OpenWriter(filepath.Join(dir, name), dim, "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append("a", []float32{1, 0, 0}[:dim]), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	status, _, stderr := pvs(t, "search", "--index", filepath.Join(dir, "two"), "--queries", filepath.Join(dir, "three"))
	if status != 1 || !strings.Contains(stderr, "dimension 2 and the queries of 3") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

// With --skip-bad the good photos are embedded and the bad ones counted.
func TestSkipBad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := image.NewGray(image.Rect(0, 0, 20, 20))
	m.Set(3, 3, color.White)
	f, err := os.Create(filepath.Join(dir, "good.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(f, m, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text := "photo,path,split,product,category,title\na,good.jpg,index,p,,\nb,none.jpg,index,p,,\nc,c.jpg,wrong,p,,\n"
	if err := os.WriteFile(filepath.Join(dir, "photos.csv"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := pvs(t, "embed", dir, "--split", "index", "--baseline", "--skip-bad", "--out",
		filepath.Join(dir, "v"), "--json")
	if status != 0 || !strings.Contains(stderr, "photo b") || !strings.Contains(stderr, "photo c") {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if v := object(t, stdout); v["vectors"] != 1.0 || v["skipped"] != 2.0 {
		t.Errorf("got %v", v)
	}
}

// Without a lab, outside of a checkout and with flags that do not go together, a
// sentence says what to do.
func TestLabIsMissing(t *testing.T) {
	t.Setenv("PVS_CACHE", t.TempDir())
	refused(t, []string{"lab"}, "go run ./pvs/cmd/pvs setup --lab")
	status, stdout, _ := pvs(t, "setup", "--lab", "--uninstall", "--json")
	if status != 0 || object(t, stdout, "removed", "bytes")["bytes"] != 0.0 {
		t.Errorf("removing what is not there: status %d, %s", status, stdout)
	}
	if status, _, stderr := pvs(t, "setup", "--uninstall"); status != 2 || !strings.Contains(stderr, "--lab") {
		t.Errorf("--uninstall alone: status %d, %s", status, stderr)
	}
	t.Chdir(t.TempDir())
	refused(t, []string{"lab"}, "run this inside of one")
}

// The quickstart says what it will do, and not what it does otherwise.
func TestQuickstartOpens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command  quickstartCommand
		says     []string
		saysNone []string
	}{
		{quickstartCommand{Products: 300},
			[]string{"draws 300 products", "ImageNet", "against a colour histogram", "45 MB"}, nil},
		{quickstartCommand{Products: 300, Catalog: "shop"}, []string{"embeds the photos of shop", "ImageNet"},
			[]string{"draws 300", "45 MB"}},
		{quickstartCommand{Products: 300, networkFlags: networkFlags{Baseline: true}},
			[]string{"by a colour histogram", "without a download"},
			[]string{"ImageNet", "against", "45 MB"}},
		{quickstartCommand{Products: 300, networkFlags: networkFlags{Checkpoint: "runs/1.8"}},
			[]string{"the network of runs/1.8"}, []string{"ImageNet"}},
	} {
		got := strings.Join(c.command.opening(), "\n")
		for _, say := range c.says {
			if !strings.Contains(got, say) {
				t.Errorf("%q is not said: %s", say, got)
			}
		}
		for _, say := range c.saysNone {
			if strings.Contains(got, say) {
				t.Errorf("%q is said: %s", say, got)
			}
		}
	}
}

// A catalogue and vectors of something else are not written over without a word.
func TestNothingIsLostSilently(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(args ...string) string {
		t.Helper()
		status, _, stderr := pvs(t, args...)
		if status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
		return stderr
	}
	synth := []string{"data", "synth", "--products", "2", "--size", "40", "--out", at("cat")}
	must(synth...)
	must(synth...)
	refused(t, append(synth, "--seed", "2"), "holds a catalogue of pvs data synth (seed 1, 40 pixels)")
	refused(t, []string{"import", "folder", at("cat/images"), "--out", at("cat")}, "holds a catalogue of pvs data synth")
	refused(t, []string{"data", "vectors", "--index", "100", "--queries", "2", "--dim", "4", "--out", at("cat")},
		"holds a catalogue of")
	embed := func(split string) []string {
		return []string{"embed", at("cat"), "--split", split, "--baseline", "--out", at("v")}
	}
	must(embed("index")...)
	if said := must(embed("index")...); strings.Contains(said, "replaced") {
		t.Errorf("the same again: %s", said)
	}
	if said := must(embed("query")...); !strings.Contains(said, at("v")+" holds vectors by") ||
		!strings.Contains(said, "of the split index of") {
		t.Errorf("another split: %s", said)
	}
	if err := os.Remove(at("v.json")); err != nil {
		t.Fatal(err)
	}
	refused(t, embed("query"), "it may be another program's: remove it")
	if err := os.WriteFile(at("w.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, []string{"embed", at("cat"), "--split", "query", "--baseline", "--out", at("w"), "--json"},
		"is empty, perhaps made by the shell")
}
