package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small drawn catalogue is searched by colour histograms, one query is darkened, and the verb says so: by a folder of
// vectors, by results, and by an index on disk; what is made is whole, and a second start embeds nothing again.
func TestExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(args ...string) map[string]any {
		t.Helper()
		status, stdout, stderr := pvs(t, append(args, "--json")...)
		if status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
		return object(t, stdout)
	}
	must("data", "synth", "--products", "14", "--train", "2", "--size", "80", "--out", at("cat"))
	for _, split := range []string{"index", "query"} {
		must("embed", at("cat"), "--split", split, "--baseline", "--out", at("run/"+split))
	}
	must("search", "--index", at("run/index"), "--queries", at("run/query"), "--out", at("run/ranked.csv"))
	mar := must("evaluate", at("run/ranked.csv"), "--catalog", at("cat"))["mar_at_10"]
	first := must("explain", at("cat"), "--run", at("run"), "--out", at("why"), "--maps", "2")
	if first["queries"] != 14.0 || first["mar_at_10"] != mar || first["missed"].(float64) < 5 ||
		first["embedded"].(float64) < 50 {
		t.Fatalf("got %v, and MAR@10 is %v", first, mar)
	}
	main := 0.0
	for _, c := range first["causes"].([]any) {
		cause := c.(map[string]any)
		main += cause["main"].(float64)
		if cause["name"] == "" || cause["cure"] == "" || cause["queries"].(float64) < cause["main"].(float64) ||
			cause["low"].(float64) > cause["gain"].(float64) || cause["high"].(float64) < cause["gain"].(float64) {
			t.Errorf("got %v", cause)
		}
	}
	if main != first["missed"] {
		t.Errorf("%v queries have a main cause, and %v miss", main, first["missed"])
	}
	f, err := os.Open(first["report"].(string))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || float64(len(rows)-1) != first["missed"] {
		t.Errorf("the table has %d rows, %v", len(rows), err)
	}
	page, err := os.ReadFile(first["page"].(string))
	if err != nil || !strings.Contains(string(page), "are alike") || strings.Contains(string(page), "src=\"http") {
		t.Errorf("the page has %d bytes, %v", len(page), err)
	}
	if _, err := os.Stat(first["picture"].(string)); err != nil {
		t.Error(err)
	}
	again := must("explain", at("cat"), "--ranked", at("run/ranked.csv"), "--out", at("why"), "--maps", "0")
	if again["embedded"] != 0.0 || again["missed"] != first["missed"] {
		t.Errorf("the second start says %v", again)
	}
	must("index", "create", at("cat"), "--split", "index", "--vectors", at("run/index"), "--out", at("shop"))
	disk := must("explain", at("cat"), "--index", at("shop"), "--out", at("why2"), "--maps", "0")
	if disk["queries"] != 14.0 || disk["missed"] != first["missed"] {
		t.Errorf("by an index on disk: %v", disk)
	}
}

// What cannot be explained is refused in a sentence.
func TestExplainRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	do := func(args ...string) {
		t.Helper()
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	do("data", "synth", "--products", "3", "--train", "1", "--size", "64", "--out", at("cat"))
	do("data", "synth", "--products", "3", "--train", "1", "--size", "64", "--seed", "2", "--out", at("other"))
	do("embed", at("cat"), "--split", "index", "--baseline", "--out", at("run/index"))
	do("embed", at("cat"), "--split", "query", "--baseline", "--out", at("run/query"))
	do("search", "--index", at("run/index"), "--queries", at("run/query"), "--out", at("ranked.csv"))
	explained := func(args ...string) []string {
		return append(append([]string{"explain"}, args...), "--out", at("why"), "--maps", "0")
	}
	refused(t, explained(at("other"), "--run", at("run")), "name the catalogue that was embedded")
	refused(t, explained(at("cat"), "--run", at("nothing")), "pvs embed")
	refused(t, explained(at("cat"), "--ranked", at("nothing.csv")), "pvs search")
	refused(t, explained(at("cat"), "--index", at("nothing")), "pvs index create")
	refused(t, explained(at("cat"), "--run", at("run"), "--pixels", "64"), "says otherwise")
	misused(t, []string{"explain", at("cat")}, "--run")
	misused(t, []string{"explain", at("cat"), "--run", at("run"), "--queries", at("run/query")}, "--index")

	mini := []string{"--weights", miniWeights, "--model", "mini", "--pixels", "32"}
	do(append([]string{"embed", at("cat"), "--split", "index", "--out", at("mixed/index")}, mini...)...)
	do("embed", at("cat"), "--split", "query", "--baseline", "--out", at("mixed/query"))
	refused(t, explained(at("cat"), "--run", at("mixed")), "cannot be compared")

	if err := os.WriteFile(at("cat/truth.csv"), []byte("query,index\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, explained(at("cat"), "--run", at("run")), "no query has a truth")
	if err := os.Remove(at("cat/truth.csv")); err != nil {
		t.Fatal(err)
	}
	var photo string
	_ = filepath.WalkDir(at("cat/images"), func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "-1.jpg") && photo == "" {
			photo = path
		}
		return err
	})
	other, err := os.ReadFile(strings.Replace(photo, "-1.jpg", "-2.jpg", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(photo, other, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, explained(at("cat"), "--run", at("run")), "were replaced or removed since they were embedded")
	refused(t, explained(at("cat"), "--ranked", at("ranked.csv")), "were replaced or removed since they were embedded")
}
