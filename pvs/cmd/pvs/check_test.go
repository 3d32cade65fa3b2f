package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small drawn catalogue, spoiled in every way and checked: what needs no network is
// found completely, and labels are looked at by colour histograms.
func TestCheckFindsDefects(t *testing.T) {
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
	must("data", "synth", "--products", "10", "--train", "12", "--size", "80", "--out", at("cat"))
	made := must("data", "defects", at("cat"), "--out", at("bad"), "--each", "3", "--kinds",
		"unreadable,exact,reencoded,resized,cropped,leak,contradiction")
	if made["defects"] != 21.0 {
		t.Fatalf("made %v", made)
	}
	f, err := os.OpenFile(at("bad/photos.csv"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("no-split,a.jpg,nowhere,,,\n"); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	args := []string{"check", at("bad"), "--baseline", "--known", at("bad/defects.csv"), "--out", at("out")}
	first := must(args...)
	known := first["known"].(map[string]any)
	for _, kind := range []string{"unreadable", "exact", "reencoded", "resized", "cropped", "leak", "contradiction"} {
		if k := known[kind].(map[string]any); k["made"] != 3.0 || k["found"] != 3.0 {
			t.Errorf("%s: %v", kind, k)
		}
	}
	alarms := known["of_no_known_defect"].(map[string]any)
	for _, kind := range []string{"unreadable", "exact duplicate", "near duplicate", "leak", "contradiction"} {
		if alarms[kind] != nil {
			t.Errorf("%v findings of the kind %s are of no defect", alarms[kind], kind)
		}
	}
	counts := first["counts"].(map[string]any)
	if counts["bad_row"] != 1.0 || counts["unreadable"] != 3.0 ||
		first["faults"] != 1.0+3+counts["leak"].(float64)+counts["contradiction"].(float64) {
		t.Errorf("got %v", first)
	}
	table, err := os.Open(first["report"].(string))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil || float64(len(rows)-1) != first["findings"] {
		t.Errorf("the table has %d rows, %v", len(rows), err)
	}
	page, err := os.ReadFile(first["page"].(string))
	if err != nil || !strings.Contains(string(page), "data:image/jpeg;base64") ||
		strings.Contains(string(page), "ZgotmplZ") {
		t.Errorf("the page is not whole, %v", err)
	}
	// A second start uses what was kept and finds the same.
	if second := must(args...); second["findings"] != first["findings"] {
		t.Errorf("%v findings, then %v", first["findings"], second["findings"])
	}
	if status, _, stderr := pvs(t, append(args, "--strict")...); status != 1 || !strings.Contains(stderr, "faults") {
		t.Errorf("--strict: status %d, %s", status, stderr)
	}
	if clean := must("check", at("cat"), "--no-labels", "--strict", "--out", at("clean")); clean["faults"] != 0.0 {
		t.Errorf("the sound catalogue has %v", clean["counts"])
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "photos.csv"),
		[]byte("photo,path,split,product,category,title\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, []string{"check", filepath.Join(dir, "none"), "--out", dir}, "photos.csv")
	refused(t, []string{"check", dir, "--out", dir}, "has no photos")
	refused(t, []string{"check", dir, "--known", filepath.Join(dir, "none.csv"), "--out", dir}, "pvs data defects")
	refused(t, []string{"data", "defects", dir, "--out", dir}, "spoil itself")
	misused(t, []string{"data", "defects", dir, "--kinds", "rotten", "--out", filepath.Join(dir, "bad")},
		"no kind of defect")
	refused(t, []string{"data", "vectors", "--index", "10", "--queries", "10", "--out", filepath.Join(dir, "v")},
		"larger index")
}

// Vectors that are made without photos go through search and evaluate.
func TestMadeVectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"data", "vectors", "--index", "2000", "--queries", "50", "--dim", "32", "--out", dir},
		{"search", "--index", at("index"), "--queries", at("query"), "--out", at("ranked.csv")},
		{"evaluate", at("ranked.csv"), "--truth", at("truth.csv")},
	} {
		status, stdout, stderr := pvs(t, append(args, "--json")...)
		if status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
		v := object(t, stdout)
		if mar, scored := v["mar_at_10"].(float64); scored && (mar < 0.1 || mar > 0.99) {
			t.Errorf("MAR@10 %.3f", mar)
		}
	}
}
