package main

import (
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// otherMini writes a miniature with other weights than the one in testdata: networks of
// the same dimension, as Lite0 and B0 are.
func otherMini(t *testing.T, path string) {
	t.Helper()
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	values := c.InitialValues(5)
	tensors := map[string]weights.Tensor{}
	for _, v := range c.Variables() {
		tensors[v.Name] = weights.Tensor{Shape: v.Shape, Data: values[v.Name]}
	}
	if err := wholefile.Write(path, func(w io.Writer) error {
		return weights.WriteSafetensors(w, tensors,
			nil)
	}); err != nil {
		t.Fatal(err)
	}
}

// sentence makes sure that a command is refused in one sentence that has all of these.
func sentence(t *testing.T, args []string, say ...string) {
	t.Helper()
	status, stdout, stderr := pvs(t, args...)
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	last := lines[len(lines)-1]
	if status != 1 || stdout != "" {
		t.Errorf("%v: status %d, %q", args, status, stdout)
	}
	for _, want := range say {
		if !strings.HasPrefix(last, "pvs: ") || !strings.Contains(last, want) {
			t.Errorf("%v: %q, want %q", args, last, want)
		}
	}
}

// done runs a command to its end and returns the JSON object and what was said on stderr.
func done(t *testing.T, args ...string) (map[string]any, string) {
	t.Helper()
	status, stdout, stderr := pvs(t, append(args, "--json")...)
	if status != 0 {
		t.Fatalf("%v: %s", args, stderr)
	}
	return object(t, stdout), stderr
}

// An index of one network is searched with photos of that network only, whatever flags
// and defaults say, there and back through other formats.
func TestIndexKnowsItsNetwork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	other := at("other.safetensors")
	otherMini(t, other)
	done(t, "data", "synth", "--products", "4", "--train", "2", "--size", "64", "--out", at("cat"))
	embed := func(split, out string, flags ...string) {
		t.Helper()
		done(t, append([]string{"embed", at("cat"), "--split", split, "--out", at(out)}, flags...)...)
	}
	mini := []string{"--weights", miniWeights, "--model", "mini", "--pixels", "32"}
	theirs := []string{"--weights", other, "--model", "mini", "--pixels", "32"}
	embed("index", "index", mini...)
	embed("query", "query", mini...)
	embed("query", "theirs", theirs...)
	embed("query", "larger", append(mini[:4:4], "--pixels", "64")...)
	embed("query", "closer", append(mini[:6:6], "--centre", "0.7")...)
	embed("index", "colours", "--baseline")
	data, err := os.ReadFile(at("index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var note map[string]any
	if err := json.Unmarshal(data, &note); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"network", "weights_sha256", "weights_from", "pixels", "views", "output",
		"precision", "resize", "dim", "rows", "ids_sha256", "catalog", "split", "program", "date"} {
		if note[key] == nil {
			t.Errorf("index.json lacks %q: %s", key, data)
		}
	}
	search := func(index string, more ...string) []string {
		return append([]string{"search", "--index", at(index)}, more...)
	}
	photo := photosOf(t, at("cat"), "query")[0]

	if _, said := done(t, search("index", "--queries", at("query"))...); strings.Contains(said, "is not checked") {
		t.Errorf("said %q", said)
	}
	sentence(t, search("index", "--queries", at("theirs")), "the index "+at("index"), "the queries "+at("theirs"),
		"EfficientNet-Mini at 32 pixels", "embed both with the same")
	sentence(t, search("index", "--queries", at("larger")), "at 32 pixels", "at 64 pixels")
	sentence(t, search("index", "--queries", at("closer")), "centre 1", "centre 0.7", "embed both with the same")
	sentence(t, search("index", "--image", photo, "--centre", "0.7"), "--centre 0.7 says otherwise")
	sentence(t, search("closer", "--queries", at("closer"), "--centre", "0.8"), "--centre")

	// Through Parquet and TFRecord and back nothing is forgotten.
	for _, way := range [][]string{{"index.npy", "p.parquet", "again.npy"}, {"index.npy", "r.tfrecord", ""},
		{"r.json", "again.npy", ""}, {"index.npy", "index.tfrecord", ""}, {"index.json", "again.npy", ""}} {
		for i := 0; i+1 < len(way) && way[i+1] != ""; i++ {
			if _, said := done(t, "convert", at(way[i]), at(way[i+1])); strings.Contains(said, "does not say") {
				t.Errorf("said %q", said)
			}
		}
		if _, err := os.Stat(at("again.npy")); err == nil {
			sentence(t, search("again", "--queries", at("theirs")), "the index "+at("again"),
				"EfficientNet-Mini at 32 pixels")
			done(t, search("again", "--queries", at("query"))...)
		}
	}

	// One photo takes the index's own network, without a flag, and with flags that agree.
	want, _ := done(t, search("index", "--image", photo)...)
	if want["queries"] != 1.0 {
		t.Errorf("got %v", want)
	}
	done(t, search("index", "--image", photo, "--weights", miniWeights)...)
	done(t, search("index", "--image", photo, "--pixels", "32", "--precision", "float32", "--model", "mini")...)
	done(t, search("colours", "--image", photo)...)
	done(t, search("colours", "--image", photo, "--baseline")...)
	status, stdout, stderr := pvs(t, search("index", "--image", photo, "--k", "1")...)
	if status != 0 || strings.Count(stdout, "\n") != 2 {
		t.Errorf("%s%s", stdout, stderr)
	}
	for _, flags := range [][]string{{"--baseline"}, {"--pixels", "64"}, {"--precision", "bfloat16"},
		{"--model", "b0"}} {
		sentence(t, search("index", append([]string{"--image", photo}, flags...)...),
			"the index "+at("index")+" was made with EfficientNet-Mini at 32 pixels", strings.Join(flags,
				" ")+" says otherwise")
		sentence(t, search("index", append([]string{"--queries", at("query")}, flags...)...),
			strings.Join(flags, " ")+" says otherwise")
	}
	sentence(t, search("index", "--image", photo, "--weights", other), "the index "+at("index"), "--weights "+other,
		"weights ")
	sentence(t, search("colours", "--image", photo, "--pixels", "32"), "colour histograms",
		"--pixels 32 says otherwise")
	sentence(t, search("colours", "--queries", at("query")), "colour histograms", "EfficientNet-Mini")

	// Weights that were replaced or are gone.
	moved := at("moved.safetensors")
	otherMini(t, moved)
	embed("index", "mine", "--weights", moved, "--model", "mini", "--pixels", "32")
	done(t, search("mine", "--image", photo)...)
	if err := os.Remove(moved); err != nil {
		t.Fatal(err)
	}
	sentence(t, search("mine", "--image", photo), "the index "+at("mine"), moved, "not there now", "--weights")
	done(t, search("mine", "--image", photo, "--weights", other)...) // the same, elsewhere
	copyFile(t, miniWeights, at("m.h5"))
	embed("index", "h5", "--weights", at("m.h5"), "--model", "mini", "--pixels", "32")
	otherMini(t, at("m.h5"))
	sentence(t, search("h5", "--image", photo), "the index "+at("h5"))

	// Vectors from elsewhere are allowed, in one line.
	for _, name := range []string{"index", "theirs"} {
		if err := os.Remove(at(name + ".json")); err != nil {
			t.Fatal(err)
		}
	}
	if _, said := done(t, search("index", "--queries", at("theirs"))...); strings.Count(said, "is not checked") != 2 {
		t.Errorf("said %q", said)
	}
	if _, said := done(t, search("index", append([]string{"--image", photo}, mini...)...)...); strings.Count(said,
		"is not checked") != 1 {
		t.Errorf("said %q", said)
	}
}

// photosOf lists the photos' files of a split.
func photosOf(t *testing.T, dir, split string) (files []string) {
	t.Helper()
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Split(catalog.Split(split)) {
		files = append(files, c.File(p))
	}
	return files
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Results are scored against the catalogue that was searched.
func TestRankingKnowsItsCatalogue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	draw := func(name, seed string) {
		done(t, "data", "synth", "--products", "6", "--train", "2", "--size", "64", "--seed", seed, "--out", at(name))
	}
	draw("cat", "1")
	draw("other", "2")
	for _, split := range []string{"index", "query"} {
		done(t, "embed", at("cat"), "--split", split, "--baseline", "--out", at(split))
	}
	ranked := at("ranked.csv")
	done(t, "search", "--index", at("index"), "--queries", at("query"), "--out", ranked)
	score, said := done(t, "evaluate", ranked, "--catalog", at("cat"))
	if strings.Contains(said, "warning") || strings.Contains(said, "is not checked") || score["mar_at_10"] == nil {
		t.Errorf("said %q", said)
	}
	sentence(t, []string{"evaluate", ranked, "--catalog", at("other")}, "ranked.csv", at("cat"), at("other"))

	// A label that was mended does not change which photos were searched.
	table, err := os.ReadFile(at("cat/photos.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(table), "\n")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(at("cat/photos.csv"), strings.Replace(string(table), " > ", " > Mended > ", 1))
	if _, said := done(t, "evaluate", ranked, "--catalog", at("cat")); strings.Contains(said, "warning") {
		t.Errorf("said %q", said)
	}
	write(at("cat/photos.csv"), strings.Join(append(lines[:1:1], lines[2:]...), ""))
	sentence(t, []string{"evaluate", ranked, "--catalog", at("cat")}, "other photos in that split")
	write(at("cat/photos.csv"), string(table))

	// A photo that was replaced is said; vectors that were made again, too.
	files := photosOf(t, at("cat"), "index")
	if runtime.GOOS == "linux" {
		for _, f := range files[:len(files)/2] {
			old, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			write(f, string(old)+"\x00") // behind the end of a JPEG: another file of the same pixels
		}
		if _, said := done(t, "evaluate", ranked, "--catalog", at("cat")); !strings.Contains(said, "have changed") {
			t.Errorf("said %q", said)
		}
	}
	done(t, "embed", at("cat"), "--split", "index", "--baseline", "--out", at("index"))
	if _, said := done(t, "evaluate", ranked, "--catalog", at("cat")); !strings.Contains(said, "were made again") {
		t.Errorf("said %q", said)
	}

	// A note on other results, one that is torn, and none.
	results, err := os.ReadFile(ranked)
	if err != nil {
		t.Fatal(err)
	}
	note, err := os.ReadFile(ranked + ".json")
	if err != nil {
		t.Fatal(err)
	}
	write(ranked, strings.TrimSpace(string(results)))
	sentence(t, []string{"evaluate", ranked, "--catalog", at("cat")}, "another program wrote them")
	write(ranked, string(results))
	write(ranked+".json", string(note[:len(note)/2]))
	sentence(t, []string{"evaluate", ranked, "--catalog", at("cat")}, "cut off")
	sentence(t, []string{"search", "--index", at("index"), "--queries", at("query"), "--out", ranked}, "cut off")
	if err := os.Remove(ranked + ".json"); err != nil {
		t.Fatal(err)
	}
	if _, said := done(t, "evaluate", ranked, "--catalog", at("cat")); strings.Count(said, "is not checked") != 1 {
		t.Errorf("said %q", said)
	}
	write(at("foreign.csv"), "query,rank,index,score\nnobody,1,nothing,0.5\n")
	sentence(t, []string{"evaluate", at("foreign.csv"), "--catalog", at("cat")}, "none of the 1 queries")
}

// Photos that were replaced under the same name are noticed by every verb that keeps
// something of them: the case stale-photos.sh.
func TestStalePhotos(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("without the time of a file's change, size and time of modification decide")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	done(t, "data", "synth", "--products", "4", "--train", "2", "--size", "64", "--out", at("cat"))
	quick := func(out string) (float64, string) {
		v, said := done(t, "quickstart", "--catalog", at("cat"), "--baseline", "--out", at(out))
		return v["mar_at_10"].(float64), said
	}
	index := func(out string) *vectors.Set {
		done(t, "embed", at("cat"), "--split", "index", "--baseline", "--out", at(out))
		s, err := vectors.Read(at(out))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	check := func(out string) float64 {
		v, _ := done(t, "check", at("cat"), "--baseline", "--out", at(out))
		return v["counts"].(map[string]any)["exact_duplicate"].(float64)
	}
	before, _ := quick("o")
	index("v")
	if n := check("c"); n != 0 {
		t.Fatalf("%g duplicates", n)
	}
	// Every index photo but the last becomes the last one, with its own time.
	files := photosOf(t, at("cat"), "index")
	for _, f := range files[:len(files)-1] {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		copyFile(t, files[len(files)-1], f)
		if err := os.Chtimes(f, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
	after, said := quick("o")
	fresh, _ := quick("o2")
	if after != fresh || after == before || !strings.Contains(said, "embedded again") {
		t.Errorf("MAR@10 %g, after the photos were replaced %g, and %g in a new folder; said %q", before, after,
			fresh, said)
	}
	again := index("v")
	for i, v := range again.Data {
		if math.Abs(float64(v-again.Row(again.Len() - 1)[i%again.Dim])) > 1e-6 {
			t.Fatal("embed kept the vector of a photo that was replaced")
		}
	}
	if n := check("c"); n != float64(len(files)-1) || n != check("c2") {
		t.Errorf("check finds %g duplicates of %d", n, len(files)-1)
	}
}
