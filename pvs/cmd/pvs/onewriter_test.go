package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// Every verb that writes is refused where another process writes its output: in one
// sentence with the output's name and the way out, and nothing of it is touched.
func TestEveryOutputIsLocked(t *testing.T) {
	patience := writerPatience
	writerPatience = 0
	t.Cleanup(func() { writerPatience = patience })
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cat := at("cat")
	for _, args := range [][]string{
		{"data", "synth", "--products", "3", "--train", "4", "--size", "64", "--out", cat},
		{"embed", cat, "--split", "index", "--baseline", "--out", at("index")},
		{"convert", at("index.npy"), at("set.tfrecord")},
		{"index", "create", cat, "--split", "index", "--vectors", at("index"), "--out", at("shop")},
		{"embed", cat, "--split", "query", "--baseline", "--out", at("query")},
	} {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	write(t, at("found.csv"), "query,rank,index,score\nq,1,a,1\n")
	write(t, at("truth.csv"), "query,index\nq,a\n")
	s := newShop(t, 64)
	s.put("/mug/1.jpg", 0)
	feed := s.write(t, filepath.Join(t.TempDir(), "feed.csv"), s.feed())
	if status, _, stderr := pvs(t, "import", "list", feed, "--allow-private", "--out", at("shopcat")); status != 0 {
		t.Fatal(stderr)
	}
	if status, _, stderr := pvs(t, "index", "create", at("shopcat"), "--baseline", "--out", at("shopix")); status != 0 {
		t.Fatal(stderr)
	}
	sync := []string{"sync", feed, "--allow-private", "--no-recheck", "--catalog", at("shopcat"), "--index", at("shopix")}
	train := []string{"--scale", "smoke", "--pixels", "32", "--weights", miniWeights, "--model", "mini"}
	name, folder := onewriter.Lock, onewriter.LockFolder
	for _, c := range []struct {
		lock   func(string) (*onewriter.Held, error)
		output string
		args   []string
	}{
		{name, "v", []string{"embed", cat, "--split", "index", "--baseline", "--out", at("v")}},
		{name, "v", []string{"embed", cat, "--split", "index", "--baseline", "--out", at("v.npy")}},
		{name, "ranked.csv", []string{"search", "--index", at("index"), "--queries", at("index"), "--out", at("ranked.csv")}},
		{name, "chart.png", []string{"evaluate", at("found.csv"), "--truth", at("truth.csv"), "--chart", at("chart.png")}},
		{name, "white", []string{"vectors", "whiten", at("index"), "--out", at("white")}},
		{name, "aug", []string{"vectors", "augment", at("index"), "--out", at("aug")}},
		{name, "both", []string{"vectors", "join", at("index"), at("index"), "--out", at("both")}},
		{folder, "shop2", []string{"index", "create", cat, "--split", "index", "--vectors", at("white"),
			"--out", at("shop2")}},
		{name, "w", []string{"convert", at("set.json"), at("w.npy")}},
		{name, "w.parquet", []string{"convert", at("index.npy"), at("w.parquet")}},
		{name, "w", []string{"convert", at("index.npy"), at("w.tfrecord")}},
		{folder, "why", []string{"explain", cat, "--index", at("shop"), "--queries", at("query"), "--out", at("why")}},
		{folder, "spoiled", []string{"data", "planted", cat, "--each", "1", "--kinds", "turned", "--out", at("spoiled")}},
		{folder, "new", []string{"index", "create", cat, "--split", "index", "--vectors", at("index"), "--out", at("new")}},
		{folder, "shop", []string{"index", "add", at("shop"), cat, "--split", "query", "--vectors", at("query")}},
		{folder, "shop", []string{"index", "remove", at("shop"), "nothing"}},
		{folder, "shop", []string{"index", "compact", at("shop")}},
		{folder, "exported", []string{"index", "export", at("shop"), "--out", at("exported")}},
		{name, "exported/index", []string{"index", "export", at("shop"), "--out", at("exported")}},
		{folder, "records", []string{"records", cat, "--splits", "train", "--out", at("records")}},
		{name, "records/train", []string{"records", cat, "--splits", "train", "--out", at("records")}},
		{folder, "runs", append([]string{"train", cat, "--run", "1.1", "--out", at("runs")}, train...)},
		{folder, "runs/runs/1.1", append([]string{"train", cat, "--run", "1.1", "--out", at("runs")}, train...)},
		{folder, "runs", append([]string{"journey", cat, "--run", "0", "--out", at("runs")}, train...)},
		{folder, "replayed", []string{"replay", at("runs"), "--catalog", cat, "--out", at("replayed")}},
		{folder, "check", []string{"check", cat, "--no-labels", "--out", at("check")}},
		{folder, "quick", []string{"quickstart", "--catalog", cat, "--baseline", "--out", at("quick")}},
		{name, "quick2/network/index", []string{"quickstart", "--catalog", cat, "--baseline", "--out", at("quick2")}},
		{folder, "drawn", []string{"data", "synth", "--products", "2", "--size", "64", "--out", at("drawn")}},
		{folder, "parts", []string{"data", "kicad", "--from", "../../../data/kicad/testdata", "--limit", "1", "--size", "64",
			"--out", at("parts")}},
		{folder, "goods", []string{"data", "furniture", "--from", packOfOne(t), "--products", "1", "--size", "32",
			"--out", at("goods")}},
		{folder, "bad", []string{"data", "defects", cat, "--each", "1", "--kinds", "exact", "--out", at("bad")}},
		{folder, "vectors", []string{"data", "vectors", "--index", "100", "--queries", "10", "--dim", "4",
			"--out", at("vectors")}},
		{folder, "imported", []string{"import", "folder", filepath.Join(cat, "images"), "--out", at("imported")}},
		{name, "imported/photos.csv", []string{"import", "folder", filepath.Join(cat, "images"), "--out", at("imported")}},
		{folder, "fed", []string{"import", "list", feed, "--allow-private", "--out", at("fed")}},
		{name, "fed2/downloads.jsonl", []string{"import", "list", feed, "--allow-private", "--out", at("fed2")}},
		{folder, "shopcat", sync},
		{name, "shopcat/downloads.jsonl", sync},
		{folder, "shopix", sync},
	} {
		held, err := c.lock(at(c.output))
		if err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		refused(t, c.args, filepath.Base(c.output)+
			" is being written by another part of this program: wait until that ends, or write to another place")
		for file, now := range listing(t, dir) {
			if was, ok := before[file]; ok && now != was {
				t.Errorf("%v changed %s", c.args, file)
			} else if !ok && strings.HasPrefix(file, at(c.output)) && !strings.Contains(file, "/runs/") {
				t.Errorf("%v left %s", c.args, file)
			}
		}
		held.Release()
		if status, _, stderr := pvs(t, c.args...); status != 0 {
			t.Errorf("%v, alone: %s", c.args, stderr)
		}
		for file := range listing(t, dir) {
			if strings.HasSuffix(file, ".lock") {
				t.Errorf("%v left %s", c.args, file)
			}
		}
	}
}

// listing is the text of all files under a folder.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
