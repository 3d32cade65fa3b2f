package main

import (
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Expansion and re-ranking find the same in vectors and in an index on disk, and something else than a plain search.
func TestExpandAndRerank(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) string {
		t.Helper()
		status, stdout, stderr := pvs(t, args...)
		if status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
		return stdout
	}
	run("data", "synth", "--products", "12", "--size", "64", "--out", at("cat"))
	run("embed", at("cat"), "--split", "index", "--baseline", "--out", at("index"))
	run("embed", at("cat"), "--split", "query", "--baseline", "--out", at("query"))
	run("index", "create", at("cat"), "--split", "index", "--vectors", at("index"), "--out", at("disk"))
	found := func(index string, flags ...string) (ids []string) {
		args := append([]string{"search", "--index", index, "--queries", at("query"), "--k", "5"}, flags...)
		rows, err := csv.NewReader(strings.NewReader(run(args...))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			ids = append(ids, row[0]+" "+row[2])
		}
		return ids
	}
	plain := found(at("index"))
	for _, flags := range [][]string{{"--expand", "3"}, {"--rerank"}, {"--expand", "2", "--rerank"}} {
		got := found(at("index"), flags...)
		if slices.Equal(got, plain) {
			t.Errorf("%v changes nothing", flags)
		}
		if disk := found(at("disk"), flags...); !slices.Equal(disk, got) {
			t.Errorf("%v: the index on disk finds others:\n%q\n%q", flags, disk, got)
		}
	}
	products := found(at("disk"), "--rerank", "--products")
	if len(products) != 5*12 {
		t.Errorf("%d products for 12 queries, want 5 each", len(products))
	}
	if status, _, stderr := pvs(t, "search", "--index", at("index"), "--queries", at("query"), "--k", "101",
		"--rerank"); status == 0 || !strings.Contains(stderr, "first 100 results") {
		t.Errorf("101 re-ranked results: %s", stderr)
	}
}
