package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A shop's feed becomes a catalogue and an index, and both follow the shop: what is new, changed, gone, renamed, and
// what does not come.
func TestFeeds(t *testing.T) {
	t.Parallel()
	s := newShop(t, 64)
	for i := range 12 {
		s.titles[fmt.Sprintf("mug-%d", i)] = fmt.Sprintf("Mug %d", i)
		for k := range 3 {
			s.put(fmt.Sprintf("/mug-%d/%d.jpg", i, k), 0)
		}
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cat, ix := at("cat"), at("ix")
	refused(t, []string{"import", "list", s.URL + "/feed.csv", "--out", cat}, "--allow-private allows it")
	feed := s.write(t, at("feed.csv"), s.feed())
	refused(t, []string{"import", "list", feed, "--out", cat}, "an address of this machine or of a private network")
	refused(t, []string{"import", "shopify", feed, "--out", cat},
		"it looks like a list of addresses; read it by that name")
	refused(t, []string{"sync", feed, "--catalog", cat, "--index", ix}, "pvs index create makes one")

	// One photo does not come: the import ends in a sentence, keeps the others, and goes on with that one.
	s.broken["/mug-3/1.jpg"] = 404
	list := []string{"import", "list", s.URL + "/feed.csv", "--out", cat, "--allow-private"}
	refused(t, list, "1 photos or rows are bad")
	delete(s.broken, "/mug-3/1.jpg")
	made := resultOf(t, list...)
	if made["photos"] != 36.0 || made["products"] != 12.0 || made["categories"] != 1.0 || made["downloaded"] != 1.0 {
		t.Errorf("made %v", made)
	}
	if n, again := s.reset(); n != 36 || again != 0 {
		t.Errorf("%d photos were given, %d more than once", n, again)
	}
	again := resultOf(t, list...)
	if again["unchanged"] != 36.0 || s.same != 36 || len(s.given) != 0 {
		t.Errorf("the same import again: %v; %d the same, given %v", again, s.same, s.given)
	}
	refused(t, []string{"import", "list", feed, "--out", cat, "--allow-private"}, "pvs sync does that")
	resultOf(t, "index", "create", cat, "--baseline", "--out", ix)
	resultOf(t, "index", "remove", ix, ids(t, cat)[0]) // by hand: it comes back

	sync := []string{"sync", s.URL + "/feed.csv", "--catalog", cat, "--index", ix, "--allow-private"}
	check := func(done map[string]any, added, changed, removed, unchanged, failed, kept int) {
		t.Helper()
		want := map[string]int{"added": added, "changed": changed, "removed": removed, "unchanged": unchanged,
			"failed": failed, "kept": kept, "photos": added + changed + unchanged}
		for key, n := range want {
			if done[key] != float64(n) {
				t.Errorf("%s is %v, not %d: %v", key, done[key], n, done)
			}
		}
	}
	check(resultOf(t, sync...), 1, 0, 0, 35, 0, 0)
	check(resultOf(t, sync...), 0, 0, 0, 36, 0, 0)
	// A night: a photo is another, a product is gone, one is new, one has another title, one photo fails that was had
	// and one that was not.
	old := pathOf(t, cat, "mug-1-", 0)
	s.put("/mug-1/0.jpg", 1)
	for k := range 3 {
		delete(s.photos, fmt.Sprintf("/mug-2/%d.jpg", k))
	}
	s.put("/hat-1/0.jpg", 0)
	s.titles["hat-1"] = "Hat"
	s.titles["mug-4"] = "Mug with a handle"
	s.broken["/mug-5/0.jpg"], s.broken["/mug-5/9.jpg"] = 403, 404
	s.put("/mug-5/9.jpg", 0)
	delete(s.photos, "/mug-5/1.jpg") // which 9 may replace: it stays
	check(resultOf(t, sync...), 1, 4, 3, 29, 2, 2)
	if _, err := os.Stat(filepath.Join(cat, old)); err != nil {
		t.Errorf("the photo that was changed is gone at once: %v", err)
	}
	if problems, err := os.ReadFile(filepath.Join(cat, "problems.txt")); err != nil ||
		!strings.Contains(string(problems), "/mug-5/0.jpg: it answers 403 Forbidden; "+
			"the one that was there is kept") || !strings.Contains(string(problems), "/mug-5/9.jpg: it answers 404") {
		t.Errorf("%s, %v", problems, err)
	}
	found := resultOf(t, "search", "--index", ix, "--image", filepath.Join(cat, pathOf(t, cat, "hat-1-", 0)),
		"--where", "title=Hat", "--k", "1")
	if first := found["results"].([]any)[0].(map[string]any); first["product"] != "hat-1" ||
		first["score"].(float64) < 0.999 {
		t.Errorf("found %v", first)
	}
	clear(s.broken)
	check(resultOf(t, sync...), 1, 0, 1, 33, 0, 0)
	if _, err := os.Stat(filepath.Join(cat, old)); err == nil {
		t.Error("a photo that two states have no more is still there")
	}

	// What is no newer state of the feed changes nothing.
	before, indexed := listing(t, cat), resultOf(t, "index", "info", ix)
	lines := strings.SplitAfter(s.feed(), "\n")
	cut := s.write(t, at("cut.csv"), strings.Join(lines[:12], ""))
	refused(t, []string{"sync", cut, "--catalog", cat, "--index", ix, "--allow-private"}, "as if it were cut off; "+
		"nothing was changed; if these products are gone indeed, --allow-removals takes them out")
	refused(t, []string{"sync", s.write(t, at("other.csv"), "Handle,Image Src\na,b\n"), "--catalog", cat, "--index", ix},
		"it looks like an export of Shopify's products")
	refused(t, []string{"sync", s.write(t, at("none.csv"), ""), "--catalog", cat, "--index", ix}, "none.csv is empty")
	refused(t, []string{"sync", feed, "--catalog", dir, "--index", ix}, "holds no catalogue of a feed")
	refused(t, []string{"sync", feed, "--catalog", cat, "--index", ix}, "none of the")
	if now := resultOf(t, "index", "info", ix); now["state"] != indexed["state"] || now["photos"] != indexed["photos"] {
		t.Errorf("the index was %v and is %v", indexed, now)
	}
	for file, was := range before {
		if now, err := os.ReadFile(file); err != nil || string(now) != was {
			t.Errorf("%s is another, %v", file, err)
		}
	}
	check(resultOf(t, "sync", cut, "--catalog", cat, "--index", ix, "--allow-private", "--allow-removals"),
		0, 0, 23, 11, 0, 0)
	resultOf(t, "index", "verify", ix)
	// Another network than the index's is refused.
	s.put("/hat-2/0.jpg", 0)
	refused(t, append(sync, "--weights", miniWeights, "--model", "mini"), "says otherwise")
}

// ids are the ids of a catalogue's photos.
func ids(t *testing.T, cat string) (all []string) {
	t.Helper()
	for _, r := range readCSV(t, filepath.Join(cat, "photos.csv"))[1:] {
		all = append(all, r[0])
	}
	return all
}

// pathOf is the path of a photo, of those whose ids begin so.
func pathOf(t *testing.T, cat, id string, n int) string {
	t.Helper()
	for _, r := range readCSV(t, filepath.Join(cat, "photos.csv"))[1:] {
		if strings.HasPrefix(r[0], id) {
			if n == 0 {
				return r[1]
			}
			n--
		}
	}
	t.Fatalf("no photo %s", id)
	return ""
}
