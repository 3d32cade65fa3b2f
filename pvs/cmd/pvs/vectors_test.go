package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// miniCatalog draws a catalogue and embeds its index and its queries by the miniature.
func miniCatalog(t *testing.T, dir string) (at func(name string) string) {
	t.Helper()
	at = func(name string) string { return filepath.Join(dir, name) }
	done(t, "data", "synth", "--products", "4", "--size", "64", "--out", at("cat"))
	for _, split := range []string{"index", "query"} {
		done(t, append([]string{"embed", at("cat"), "--split", split, "--out", at(split)}, mini32...)...)
	}
	return at
}

// mini32 are the flags of the miniature network.
var mini32 = []string{"--weights", miniWeights, "--model", "mini", "--pixels", "32"}

// foundBy are the results of a search: the query's id without its folder, and the found ids with their scores.
type foundBy map[string]float64

func foundIn(t *testing.T, index string, more ...string) (foundBy, string) {
	t.Helper()
	args := append([]string{"search", "--index", index, "--k", "5"}, more...)
	status, stdout, stderr := pvs(t, args...)
	if status != 0 {
		t.Fatalf("%v: %s", args, stderr)
	}
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := foundBy{}
	for _, row := range rows[1:] {
		query := strings.TrimSuffix(filepath.Base(row[0]), filepath.Ext(row[0]))
		if found[query+" "+row[2]], err = strconv.ParseFloat(row[3], 64); err != nil {
			t.Fatal(err)
		}
	}
	return found, stderr
}

// same makes sure that the results of one query, or of all, are there with the same scores.
func (f foundBy) same(t *testing.T, what string, want foundBy) {
	t.Helper()
	if len(f) == 0 {
		t.Errorf("%s: nothing was found", what)
	}
	for key, score := range f {
		if was, ok := want[key]; !ok || math.Abs(was-score) > 1e-4 {
			t.Errorf("%s: %s scores %g, want %g (%v)", what, key, score, was, ok)
		}
	}
}

// Whitened vectors are searched with queries and photos as they are, in files and on disk, and an augmented index with
// the same queries.
func TestWhitenAndAugment(t *testing.T) {
	t.Parallel()
	at := miniCatalog(t, t.TempDir())
	photo := photosOf(t, at("cat"), "query")[0]
	queries := []string{"--queries", at("query")}
	plain, _ := foundIn(t, at("index"), queries...)
	out, _ := done(t, "vectors", "whiten", at("index"), "--dim", "8", "--out", at("white"))
	if out["dim"] != 8.0 || out["vectors"] != out["learned_on"] || out["whitening"] != at("white.whiten") {
		t.Errorf("got %v", out)
	}
	white, said := foundIn(t, at("white"), queries...)
	if !strings.Contains(said, "whitened as the index was, by "+at("white.whiten")) || len(white) != len(plain) {
		t.Errorf("said %q of %d results", said, len(white))
	}

	// By the library.
	index, err1 := vectors.ReadUnit(at("index"))
	query, err2 := vectors.ReadUnit(at("query"))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	w, err := whiten.Learn(index, whiten.Options{Dim: 8, Shrinkage: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if index, err = w.Apply(index); err == nil {
		query, err = w.Apply(query)
	}
	if err != nil {
		t.Fatal(err)
	}
	cosines := foundBy{}
	for q, id := range query.IDs {
		for i, other := range index.IDs {
			for d, v := range query.Row(q) {
				cosines[filepath.Base(id)+" "+other] += float64(v) * float64(index.Row(i)[d])
			}
		}
	}
	white.same(t, "whitened", cosines)

	// Queries that are whitened by hand, a photo, an index on disk, its export.
	done(t, "vectors", "whiten", at("query"), "--by", at("white"), "--out", at("query-white"))
	byHand, said := foundIn(t, at("white"), "--queries", at("query-white"))
	if byHand.same(t, "by hand", white); strings.Contains(said, "are whitened") {
		t.Errorf("said %q", said)
	}
	done(t, "index", "create", at("cat"), "--vectors", at("white"), "--out", at("disk"))
	done(t, "index", "export", at("disk"), "--out", at("exported"))
	of := filepath.Base(query.IDs[0])
	done(t, "vectors", "whiten", at("index"), "--dim", "4", "--out", at("other"))
	another, err := os.ReadFile(at("other.whiten"))
	if err != nil {
		t.Fatal(err)
	}
	done(t, "convert", at("white.npy"), at("other.parquet")) // beside another set of that name
	if now, err := os.ReadFile(at("other.whiten")); err != nil || !slices.Equal(now, another) {
		t.Errorf("the whitening of other.npy was replaced, %v", err)
	}
	done(t, "convert", at("other.parquet"), at("back.npy"))
	if err := os.WriteFile(at("mine.whiten"), []byte("notes"), 0o644); err != nil {
		t.Fatal(err)
	}
	sentence(t, []string{"convert", at("other.parquet"), at("mine.npy")}, "mine.whiten", "remove it")
	if _, err := os.Stat(at("mine.npy")); err == nil {
		t.Error("converted all the same")
	}
	for _, name := range []string{"white", "disk", "exported/index", "back"} {
		all, _ := foundIn(t, at(name), queries...)
		all.same(t, name, white)
		byPhoto, _ := foundIn(t, at(name), "--image", photo)
		again := foundBy{}
		for key, score := range byPhoto {
			_, id, _ := strings.Cut(key, " ")
			again[of+" "+id] = score
		}
		again.same(t, name+" by photo", white)
	}
	if n, _ := done(t, "index", "add", at("disk"), at("cat"), "--split", "query"); n["added"] != float64(query.Len()) {
		t.Errorf("got %v", n) // embedded and whitened alike
	}
	itself, _ := foundIn(t, at("disk"), "--queries", at("query-white"), "--k", "1", "--ids", "two")
	for key, score := range itself {
		if q, id, _ := strings.Cut(key, " "); filepath.Base(id) != q || score < 0.999 {
			t.Errorf("%s scores %g", key, score)
		}
	}

	done(t, "vectors", "augment", at("white"), "--neighbours", "2", "--out", at("best"))
	best, _ := foundIn(t, at("best"), queries...)
	if len(best) != len(white) || slices.Equal(sortedKeys(best), sortedKeys(white)) {
		t.Error("augmentation changes nothing")
	}
	if note := noteOf(t, at("best")); note["augmented"] != "by 2 neighbours, alpha 1" || note["photos_sha256"] == nil {
		t.Errorf("best.json: %v", note)
	}
	_, said = done(t, "vectors", "augment", at("white"), "--out", at("best"))
	if !strings.Contains(said, "augmented by 2 neighbours, alpha 1") {
		t.Errorf("replaced without a word: %q", said)
	}
	done(t, "search", "--index", at("best"), "--queries", at("query"), "--out", at("ranked.csv"))
	done(t, "evaluate", at("ranked.csv"), "--catalog", at("cat"))

	sentence(t, []string{"search", "--index", at("index"), "--queries", at("query-white")}, "features whitened",
		"cannot be compared")
	sentence(t, []string{"vectors", "augment", at("best"), "--out", at("x")},
		"augmented already, by 3 neighbours, alpha 1")
	sentence(t, []string{"vectors", "augment", at("disk"), "--out", at("x")}, "export those by pvs index export")
	sentence(t, []string{"vectors", "whiten", at("white"), "--out", at("x")}, "whitened already")
	sentence(t, []string{"vectors", "whiten", at("query"), "--out", at("x")}, "not learned on queries", "--by")
	sentence(t, []string{"vectors", "whiten", at("query-white"), "--by", at("white"), "--out", at("x")}, "dimension")
	sentence(t, []string{"vectors", "whiten", at("query"), "--by", at("index"), "--out", at("x")},
		"there is no whitening at "+at("index.whiten"))
	misused(t, []string{"vectors", "whiten", at("index"), "--out", at("index.npy")}, "--out names the vectors")
	if _, err := os.Stat(at("x.whiten")); err == nil {
		t.Error("a refused command left x.whiten")
	}

	// The whitening is lost, another one, or another program's.
	search := []string{"search", "--index", at("white"), "--queries", at("query")}
	done(t, "vectors", "whiten", at("index"), "--dim", "4", "--out", at("other"))
	copyFile(t, at("other.whiten"), at("white.whiten"))
	sentence(t, search, at("white.whiten")+" is not what whitened the vectors "+at("white"))
	if err := os.WriteFile(at("white.whiten"), []byte("notes"), 0o644); err != nil {
		t.Fatal(err)
	}
	sentence(t, search, at("white.whiten")+" cannot be used")
	sentence(t, []string{"vectors", "whiten", at("index"), "--out", at("white")}, at("white.whiten"), "or remove it")
	if err := os.Remove(at("white.whiten")); err != nil {
		t.Fatal(err)
	}
	sentence(t, search, at("white.whiten")+", by which, is not there")
}

func sortedKeys(f foundBy) (keys []string) {
	for key := range f {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// noteOf is what NAME.json says.
func noteOf(t *testing.T, name string) (note map[string]any) {
	t.Helper()
	data, err := os.ReadFile(name + ".json")
	if err == nil {
		err = json.Unmarshal(data, &note)
	}
	if err != nil {
		t.Fatal(err)
	}
	return note
}

// Joined vectors have the weighted mean of their networks' cosines, and are searched with queries that were joined
// alike.
func TestJoin(t *testing.T) {
	t.Parallel()
	at := miniCatalog(t, t.TempDir())
	for _, split := range []string{"index", "query"} {
		done(t, "embed", at("cat"), "--split", split, "--baseline", "--out", at(split+"-colours"))
		done(t, "vectors", "join", at(split), at(split+"-colours"), "--weights", "3,1", "--out", at(split+"-both"))
	}
	networks, _ := foundIn(t, at("index"), "--queries", at("query"), "--k", "100")
	colours, _ := foundIn(t, at("index-colours"), "--queries", at("query-colours"), "--k", "100")
	both, _ := foundIn(t, at("index-both"), "--queries", at("query-both"), "--k", "100")
	want := foundBy{}
	for key, score := range networks {
		want[key] = (3*score + colours[key]) / 4
	}
	both.same(t, "joined", want)
	done(t, "search", "--index", at("index-both"), "--queries", at("query-both"), "--out", at("ranked.csv"))
	done(t, "evaluate", at("ranked.csv"), "--catalog", at("cat"))

	photo := photosOf(t, at("cat"), "query")[0]
	sentence(t, []string{"search", "--index", at("index-both"), "--image", photo}, "embeds no photos here",
		"search it by --queries")
	sentence(t, []string{"search", "--index", at("index-both"), "--queries", at("query")}, "cannot be compared")
	done(t, "vectors", "join", at("query"), at("query-colours"), "--out", at("even"))
	sentence(t, []string{"search", "--index", at("index-both"), "--queries", at("even")}, "0.75 of (features)",
		"0.5 of (features)", "cannot be compared")
	sentence(t, []string{"vectors", "join", at("index"), at("query-colours"), "--out", at("x")}, "whose photos differ")
	sentence(t, []string{"vectors", "join", at("index"), "--out", at("x")}, "two networks")
	sentence(t, []string{"vectors", "join", at("index"), at("none"), "--out", at("x")}, "no vectors at "+at("none"))
	sentence(t, []string{"vectors", "join", at("index"), at("index-colours"), "--weights", "1,0", "--out", at("x")},
		"the weight 0 is not above 0")
	misused(t, []string{"vectors", "join", at("index"), at("query"), "--weights", "1", "--out", at("x")},
		"--weights has 1 numbers for 2")

	// A photo is replaced between the two networks.
	first, second := photosOf(t, at("cat"), "index")[0], photosOf(t, at("cat"), "index")[1]
	copyFile(t, second, first)
	done(t, "embed", at("cat"), "--split", "index", "--baseline", "--out", at("index-colours"))
	sentence(t, []string{"vectors", "join", at("index"), at("index-colours"), "--out", at("x")}, "replaced in between")
}

// Vectors of another program, without a word on what made them, are whitened and searched by hand.
func TestWhitenTheirs(t *testing.T) {
	t.Parallel()
	at := miniCatalog(t, t.TempDir())
	for _, name := range []string{"index", "query"} {
		for _, end := range []string{".json", ".stamps"} {
			if err := os.Remove(at(name + end)); err != nil {
				t.Fatal(err)
			}
		}
	}
	done(t, "vectors", "whiten", at("index"), "--out", at("white"), "--dim", "8")
	done(t, "vectors", "whiten", at("query"), "--by", at("white"), "--out", at("query-white"))
	if found, _ := foundIn(t, at("white"), "--queries", at("query-white")); len(found) != 5*4 {
		t.Errorf("%d results", len(found))
	}
	sentence(t, []string{"search", "--index", at("white"), "--queries", at("query")}, "dimension 8 and the queries of")
}
