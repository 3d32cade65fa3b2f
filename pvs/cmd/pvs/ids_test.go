package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write writes a file for a test.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Two TFRecord files whose idx both count from 0 are two lists of photos: query 0 finds
// index 0, and the score agrees. A set searched in itself, its ids saved with a byte order
// mark or not, finds no photo as itself.
func TestIDsOfTwoLists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) (stdout, stderr string) {
		t.Helper()
		status, stdout, stderr := pvs(t, args...)
		if status != 0 {
			t.Fatalf("%q: %s", args, stderr)
		}
		return stdout, stderr
	}
	for _, name := range []string{"ix", "qu"} {
		run("convert", filepath.Join("testdata", name+".tfrecord"), at(name+".npy"))
	}
	_, said := run("search", "--index", at("ix"), "--queries", at("qu"), "--k", "1", "--out", at("ranked.csv"))
	text, err := os.ReadFile(at("ranked.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, line := range lines[1:] {
		if id := string(rune('0' + i)); !strings.HasPrefix(line, id+",1,"+id+",1") &&
			!strings.HasPrefix(line, id+",1,"+id+",0.9999") {
			t.Errorf("query %s found %s", id, line)
		}
	}
	if len(lines) != 3 || !strings.Contains(said, "2 of 2 queries have an id of the index for another photo") {
		t.Errorf("%q, said %q", lines, said)
	}
	write(t, at("truth.csv"), "query,index\n0,0\n1,1\n")
	for ids, want := range map[string]float64{"auto": 1, "two": 1} {
		stdout, said := run("evaluate", at("ranked.csv"), "--truth", at("truth.csv"), "--ids", ids, "--json")
		if got := object(t, stdout)["mar_at_10"]; got != want || !strings.Contains(said, "taken for other photos") {
			t.Errorf("--ids %s: MAR@10 %v, said %q", ids, got, said)
		}
	}
	refused(t, []string{"evaluate", at("ranked.csv"), "--truth", at("truth.csv"), "--ids", "one"}, "no query has a truth")
	// Another program's results of a set in itself: the truth names no photo as its own match.
	write(t, at("self.csv"), "query,rank,index,score\na,1,a,1\na,2,b,0.5\n")
	write(t, at("pairs.csv"), "query,index\na,b\n")
	stdout, said := run("evaluate", at("self.csv"), "--truth", at("pairs.csv"), "--k", "1", "--json")
	if got := object(t, stdout)["mar_at_1"]; got != 1.0 ||
		!strings.Contains(said, "taken for the query itself and left out") {
		t.Errorf("MAR@1 %v, said %q", got, said)
	}

	data, err := os.ReadFile(at("ix.npy"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, at("v.npy"), string(data))
	write(t, at("v.ids"), "a\nb\nc\nd\ne\n")
	write(t, at("mark.npy"), string(data))
	write(t, at("mark.ids"), "\ufeffa\r\nb\r\nc\r\nd\r\ne\r\n")
	for _, queries := range []string{"v", "mark"} {
		stdout, said := run("search", "--index", at("v"), "--queries", at(queries), "--k", "5")
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			for line := range strings.Lines(stdout) {
				if f := strings.Split(line, ","); f[0] == id && f[2] == id || strings.HasPrefix(line, "\ufeff") {
					t.Errorf("%s: %s", queries, line)
				}
			}
		}
		if !strings.Contains(said, "5 of 5 queries are photos of the index (by id and vector)") {
			t.Errorf("said %q", said)
		}
	}
}
