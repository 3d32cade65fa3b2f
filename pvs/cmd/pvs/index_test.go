package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// resultOf is the JSON that a command ends with.
func resultOf(t *testing.T, args ...string) map[string]any {
	t.Helper()
	status, stdout, stderr := pvs(t, append(args, "--json")...)
	if status != 0 {
		t.Fatalf("%v: %s", args, stderr)
	}
	return object(t, stdout)
}

// An index is made of a catalogue, searched by photo and by vectors, grows, shrinks, is checked, compacted and
// exported, and made again of what was exported.
func TestIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cat := at("cat")
	resultOf(t, "data", "synth", "--products", "6", "--train", "0", "--size", "64", "--out", cat)
	// Another column, of every second photo.
	rows := readCSV(t, filepath.Join(cat, "photos.csv"))
	rows[0] = append(rows[0], "colour")
	for i := range rows[1:] {
		rows[1+i] = append(rows[1+i], []string{"red", ""}[i%2])
	}
	writeCSV(t, filepath.Join(cat, "photos.csv"), rows)

	shop := at("shop")
	made := resultOf(t, "index", "create", cat, "--split", "index", "--baseline", "--out", shop)
	if made["dim"] != 512.0 || made["products"] != 6.0 || !strings.Contains(made["network"].(string), "histogram") {
		t.Errorf("made %v", made)
	}
	if _, err := os.Stat(filepath.Join(shop, "embedding")); err == nil {
		t.Error("the vectors that were made on the way are left")
	}
	photos := made["photos"].(float64)
	refused(t, []string{"index", "create", cat, "--split", "index", "--baseline", "--out", shop},
		"pvs index add adds photos to it")
	refused(t, []string{"index", "add", shop, cat, "--split", "query", "--weights", miniWeights, "--model", "mini"},
		"says otherwise")
	refused(t, []string{"index", "info", cat}, "pvs index create makes one")
	refused(t, []string{"search", "--index", cat, "--queries", "x"}, "holds no index")
	misused(t, []string{"index", "remove", shop}, "name the photos")

	added := resultOf(t, "index", "add", shop, cat, "--split", "query")
	again := resultOf(t, "index", "add", shop, cat, "--split", "query")
	if added["added"] != 6.0 || again["added"] != 0.0 ||
		again["replaced"] != 0.0 || again["photos"] != photos+6 {
		t.Errorf("added %v, then %v", added, again)
	}
	query := rows[slices.IndexFunc(rows, func(r []string) bool { return r[2] == "query" })]
	image := filepath.Join(cat, query[1])
	found := resultOf(t, "search", "--index", shop, "--image", image, "--k", "3")
	if first := found["results"].([]any)[0].(map[string]any); first["photo"] != query[0] || first["product"] != query[3] {
		t.Errorf("found %v, not %v", found, query)
	}
	products := resultOf(t, "search", "--index", shop, "--image", image, "--k", "10", "--products", "--exact")
	if n := len(products["results"].([]any)); n != 6 {
		t.Errorf("%d products", n)
	}
	red := resultOf(t, "search", "--index", shop, "--image", image, "--k", "1000", "--where", "colour=red")
	if n := float64(len(red["results"].([]any))); n >= photos || n < photos/3 {
		t.Errorf("%g red photos of %g", n, photos+6)
	}
	category := resultOf(t, "search", "--index", shop, "--image", image, "--category", strings.Split(query[4], " > ")[0])
	if len(category["results"].([]any)) == 0 {
		t.Error("nothing in the query's category")
	}
	refused(t, []string{"search", "--index", shop, "--image", image, "--category", "None"}, `there is no category "None"`)
	refused(t, []string{"search", "--index", shop, "--image", image, "--where", "color=red"}, "colour")
	refused(t, []string{"search", "--index", shop, "--image", image, "--pixels", "64"}, "says otherwise")

	removed := resultOf(t, "index", "remove", shop, query[0], "none")
	if removed["removed"] != 1.0 || removed["missing"] != 1.0 || removed["photos"] != photos+5 {
		t.Errorf("removed %v", removed)
	}
	verified := resultOf(t, "index", "verify", shop)
	compacted := resultOf(t, "index", "compact", shop)
	if verified["photos"] != photos+5 || compacted["removed"] != 0.0 || compacted["recall_at_10"] != 1.0 {
		t.Errorf("verified %v, compacted %v", verified, compacted)
	}
	resultOf(t, "index", "export", shop, "--out", at("out"))
	resultOf(t, "index", "create", at("out"), "--split", "index", "--vectors", at("out/index"), "--out", at("again"))
	resultOf(t, "index", "export", at("again"), "--out", at("out2"))
	for _, file := range []string{"index.npy", "index.ids", "photos.csv"} {
		a, err1 := os.ReadFile(filepath.Join(at("out"), file))
		b, err2 := os.ReadFile(filepath.Join(at("out2"), file))
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Errorf("%s is another after an export, an index of it and its export: %v, %v", file, err1, err2)
		}
	}
	// All queries at once, as of vectors in files: scored against the catalogue.
	resultOf(t, "embed", cat, "--split", "query", "--baseline", "--out", at("query"))
	resultOf(t, "search", "--index", at("again"), "--queries", at("query"), "--ids", "one", "--out", at("ranked.csv"))
	if score := resultOf(t, "evaluate", at("ranked.csv"), "--catalog", cat); score["queries"] != 6.0 {
		t.Errorf("score %v", score)
	}
	// Vectors of another network are refused.
	set, err := vectors.Read(at("query"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := vectors.OpenWriter(at("other"), set.Dim, "other")
	if err != nil {
		t.Fatal(err)
	}
	origin := *set.Origin
	origin.Network, origin.Title = "lite0", "EfficientNet-Lite0"
	w.Describe(origin)
	for i, id := range set.IDs {
		if err := w.Append(id, set.Row(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, []string{"search", "--index", shop, "--queries", at("other")}, "cannot be compared")
	refused(t, []string{"index", "add", shop, cat, "--split", "query", "--vectors", at("other")}, "cannot be compared")
	misused(t, []string{"search", "--index", at("query"), "--queries", at("query"), "--exact"},
		"--exact is for an index on disk")
}

// A photo that was replaced under its name is embedded again, and one whose row was changed gets it.
func TestIndexAddChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cat, shop := filepath.Join(dir, "cat"), filepath.Join(dir, "shop")
	resultOf(t, "data", "synth", "--products", "4", "--train", "0", "--size", "64", "--out", cat)
	resultOf(t, "index", "create", cat, "--split", "index", "--baseline", "--out", shop)
	rows := readCSV(t, filepath.Join(cat, "photos.csv"))
	var index []int
	for i, r := range rows {
		if r[2] == "index" {
			index = append(index, i)
		}
	}
	data, err := os.ReadFile(filepath.Join(cat, rows[index[0]][1]))
	if err == nil {
		err = os.WriteFile(filepath.Join(cat, rows[index[1]][1]), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows[index[2]][5] = "a new title"
	writeCSV(t, filepath.Join(cat, "photos.csv"), rows)
	done := resultOf(t, "index", "add", shop, cat, "--split", "index")
	if done["replaced"] != 2.0 || done["added"] != 0.0 {
		t.Errorf("%v, not two replaced", done)
	}
	found := resultOf(t, "search", "--index", shop, "--image", filepath.Join(cat, rows[index[0]][1]), "--k", "2")
	ids := []string{}
	for _, r := range found["results"].([]any) {
		ids = append(ids, r.(map[string]any)["photo"].(string))
	}
	if !slices.Contains(ids, rows[index[0]][0]) || !slices.Contains(ids, rows[index[1]][0]) {
		t.Errorf("found %v", ids)
	}
	titled := resultOf(t, "search", "--index", shop, "--image", filepath.Join(cat, rows[index[0]][1]), "--where",
		"title=a new title")
	if len(titled["results"].([]any)) != 1 {
		t.Errorf("%v", titled)
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func writeCSV(t *testing.T, path string, rows [][]string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A folder with a folder of photos a product becomes an index in one command, and is added to in another.
func TestIndexOfAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if status, _, stderr := pvs(t, "data", "synth", "--products", "3", "--size", "64", "--out", at("cat")); status != 0 {
		t.Fatal(stderr)
	}
	folders, err := filepath.Glob(at("cat/images/*"))
	if err != nil || len(folders) < 3 {
		t.Fatal(folders, err)
	}
	if err := os.MkdirAll(at("shop"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, folder := range folders[:3] {
		if i == 2 { // comes later
			status, stdout, stderr := pvs(t, "index", "create", at("shop"), "--baseline", "--out", at("index"), "--json")
			if status != 0 || !strings.Contains(stderr, "each folder of photos in it is taken for a product, 2 of them") ||
				!strings.Contains(stdout, `"products":2`) {
				t.Fatalf("%d %s %s", status, stdout, stderr)
			}
		}
		if err := os.Rename(folder, filepath.Join(at("shop"), filepath.Base(folder))); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := pvs(t, "index", "add", at("index"), at("shop"), "--json")
	if status != 0 || !strings.Contains(stdout, `"products":3`) || strings.Contains(stdout, `"added":0`) {
		t.Errorf("%d %s %s", status, stdout, stderr)
	}
}

// A verb that changes an index waits for another writer that ends soon, as a server does after a change.
func TestChangeWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	resultOf(t, "data", "synth", "--products", "3", "--size", "64", "--out", at("cat"))
	resultOf(t, "index", "create", at("cat"), "--baseline", "--out", at("shop"))
	w, err := index.OpenWriter(at("shop"))
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() {
		time.Sleep(300 * time.Millisecond)
		closed <- w.Close()
	}()
	resultOf(t, "index", "compact", at("shop"))
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
