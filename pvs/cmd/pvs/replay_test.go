package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A user's way: runs with what they keep, a branch from one of their epochs, the page of all; and what is refused.
// On the miniature, in pure Go.
func TestReplay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	phases := "[[phase]]\nname = \"top\"\ntrains = \"new top\"\nviews = \"A0\"\nlearning_rate = 1e-2\nepochs = 4\n\n" +
		"[[phase]]\nname = \"head\"\nfrom = \"top\"\ntrains = \"siamese head\"\nmargin = 0.5\nviews = \"A0 A1\"\n" +
		"learning_rate = 1e-3\nepochs = 2\n\n" +
		"[[phase]]\nname = \"other\"\nfrom = \"top\"\ntrains = \"from block7a\"\nviews = \"A0\"\nlearning_rate = 1e-3\n" +
		"epochs = 1\n"
	write(t, at("mine.toml"), phases)
	mini := []string{"--weights", miniWeights, "--model", "mini", "--pixels", "32"}
	train := func(cat string, more ...string) []string {
		return append([]string{"train", at(cat), "--scale", "smoke", "--out", at("runs"), "--phases", at("mine.toml"),
			"--keep", "20", "--keep-weights", "1"}, more...)
	}
	branch := train("cat", "--from", "top@2", "--run", "softer", "--learning-rate", "1e-3", "--epochs", "2")
	for _, args := range [][]string{
		{"data", "synth", "--products", "5", "--train", "12", "--size", "64", "--out", at("cat")},
		{"data", "synth", "--products", "5", "--train", "12", "--size", "64", "--seed", "7", "--out", at("others")},
		append(train("cat", "--run", "head"), mini...),
		branch,
		train("cat", "--from", at("runs/runs/head"), "--run", "other"),
	} {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	for run, parent := range map[string]string{"top": "0", "head": "top", "softer": "top@2",
		"other": at("runs/runs/head")} {
		text, err := os.ReadFile(at("runs/runs/" + run + "/settings.json"))
		if err != nil || !strings.Contains(string(text), `"parent": "`+parent+`"`) {
			t.Errorf("%s does not say that it starts from %s: %v, %s", run, parent, err, text)
		}
	}
	status, stdout, stderr := pvs(t, "replay", at("runs"), "--out", at("page"), "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	found := map[string]map[string]any{}
	for _, r := range object(t, stdout, "runs", "queries", "page")["runs"].([]any) {
		one := r.(map[string]any)
		found[one["name"].(string)] = one
	}
	for run, want := range map[string][3]any{"top": {"", 0.0, 5.0}, "head": {"top", 0.0, 3.0}, "softer": {"top", 2.0, 3.0},
		"other": {"head", 0.0, 2.0}} {
		got := found[run]
		if got["parent"] != want[0] || got["from_epoch"] != want[1] || got["epochs"] != want[2] ||
			got["sample_mar_at_10"] == nil {
			t.Errorf("run %s is %v, want %v", run, got, want)
		}
	}
	page, err := os.ReadFile(at("page/replay.html"))
	if err != nil || len(page) > 1<<20 || strings.Count(string(page), "data:image/jpeg") != 20 {
		t.Errorf("a page of %d bytes with %d photos, %v", len(page), strings.Count(string(page), "data:image/jpeg"), err)
	}

	// A second start trains nothing again and keeps nothing twice.
	before := listing(t, at("runs"))
	if status, _, stderr := pvs(t, branch...); status != 0 {
		t.Fatal(stderr)
	}
	for file, now := range listing(t, at("runs")) {
		// What photos are is written again as long as they are so new that a change would not show in their times.
		if before[file] != now && filepath.Ext(file) != ".photos" {
			t.Errorf("%s was written again", file)
		}
	}

	for _, c := range []struct {
		args []string
		say  string
	}{
		{train("cat", "--from", "top@3", "--run", "x"),
			"run top has no weights of epoch 3: it has those of the epochs 2 and 4; --keep-weights keeps those of more"},
		{train("cat", "--from", "head@7", "--run", "x"),
			"run head has no weights of epoch 7: it has those of the epochs 1 and 2"},
		{train("cat", "--from", "top@zero", "--run", "x"), "write it as 1.8@2"},
		{train("cat", "--from", "none@1", "--run", "x"), "there is no trained run none"},
		{train("cat", "--from", "top@2", "--run", "1.8"), "1.8 is a run of the journey"},
		{train("cat", "--from", "top@2", "--run", "a/b"), "a folder's"},
		{train("others", "--from", "top@2", "--run", "x"), "the categories of another catalogue"},
		{train("cat", "--from", "top@4", "--run", "softer", "--learning-rate", "1e-3", "--epochs", "2"),
			"other settings: parent top@2, not top@4"},
		{[]string{"replay", at("cat"), "--out", at("x")}, "no training, journey or fit wrote it"},
		{[]string{"replay", at("runs"), "--catalog", at("others"), "--out", at("x")},
			"run top cannot be shown: its vectors are of " + at("cat")},
	} {
		refused(t, c.args, c.say)
	}
	misused(t, train("cat", "--run", "top", "--epochs", "2"), "go with --from")
	misused(t, train("cat", "--from", "top@2", "--run", "x", "--pixels", "64"),
		"leave out --weights, --model and --pixels")
	torn := at("runs/runs/top/epochs/vectors-1.safetensors")
	if err := os.Truncate(torn, 700); err != nil {
		t.Fatal(err)
	}
	refused(t, []string{"replay", at("runs"), "--out", at("x")}, torn+" is cut off or damaged; remove that file")
	if err := os.Remove(torn); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := pvs(t, "replay", at("runs"), "--out", at("page")); status != 0 {
		t.Error(stderr)
	}
	// Of before vectors were kept.
	for _, run := range []string{"top", "head", "softer", "other"} {
		if err := os.RemoveAll(at("runs/runs/" + run + "/epochs")); err != nil {
			t.Fatal(err)
		}
	}
	misused(t, []string{"replay", at("runs"), "--out", at("page")}, "name it by --catalog")
	status, _, stderr = pvs(t, "replay", at("runs"), "--catalog", at("cat"), "--out", at("page"))
	if status != 0 || !strings.Contains(stderr, "No run kept vectors") {
		t.Error(stderr)
	}
}
