package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/recipe"
)

const miniWeights = "../../effnet/testdata/keras_efficientnet_mini_notop.h5"

// A user's way: records, a training on them with phases of one's own, vectors of the
// trained network; on the miniature, in pure Go.
func TestTrain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cat := at("cat")
	phases := "[[phase]]\nname = \"top\"\ntrains = \"new top\"\nviews = \"A0 A2\"\nlearning_rate = 1e-2\nepochs = 1\n\n" +
		"[[phase]]\nname = \"head\"\nfrom = \"top\"\ntrains = \"siamese head\"\nmargin = 0.5\nlearning_rate = " +
		"1e-3\nepochs = 2\n"
	if err := os.WriteFile(at("mine.toml"), []byte(phases), 0o644); err != nil {
		t.Fatal(err)
	}
	bench := []string{"bench", "train", "--pixels", "32", "--weights", miniWeights, "--model", "mini"}
	train := []string{"train", cat, "--scale", "smoke", "--pixels", "32", "--weights", miniWeights, "--model", "mini"}
	for _, s := range []struct {
		args []string
		keys []string
	}{
		{[]string{"data", "synth", "--products", "4", "--train", "12", "--size", "64", "--out", cat}, []string{"photos"}},
		{[]string{"records", cat, "--out", at("records")}, []string{"records", "shards"}},
		{append(train, "--run", "head", "--phases", at("mine.toml"), "--records", at("records"), "--out", at("runs")),
			[]string{"run", "epochs", "checkpoint"}},
		{append(train, "--run", "1.1", "--out", at("plain")), []string{"run", "epochs", "checkpoint"}},
		{[]string{"embed", cat, "--split", "index", "--checkpoint", at("runs/runs/head"), "--out", at("index")},
			[]string{"vectors", "dim"}},
		{[]string{"embed", cat, "--split", "index", "--checkpoint", at("runs/runs/head"), "--precision", "bfloat16", "--out",
			at("half")}, []string{"vectors", "dim"}},
	} {
		status, stdout, stderr := pvs(t, append(s.args, "--json")...)
		if status != 0 {
			t.Fatalf("%v: %s", s.args, stderr)
		}
		v := object(t, stdout, s.keys...)
		if v["dim"] != nil && v["dim"] != 512.0 {
			t.Errorf("vectors of %v values", v["dim"])
		}
		if path, ok := v["checkpoint"].(string); ok {
			if info, err := os.Stat(path); err != nil || info.Size() < 500_000 {
				t.Errorf("checkpoint %s: %v", path, err)
			}
		}
	}

	broken := at("broken.safetensors")
	if err := os.WriteFile(broken, []byte("no checkpoint"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("cyclic.toml"), []byte(strings.Replace(phases, "name = \"top\"",
		"name = \"top\"\nfrom = \"head\"", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		say  string
	}{
		{append(train, "--run", "9", "--out", at("x")), "there is no run \"9\": there are 0, 1.1"},
		{append(train, "--run", "0", "--out", at("x")), "run 0 trains nothing"},
		{append(train, "--run", "top", "--phases", at("cyclic.toml"), "--out", at("x")),
			"line 3: the run \"top\" starts from itself"},
		{append(train, "--run", "top", "--phases", at("none.toml"), "--out", at("x")), "none.toml"},
		{append(train, "--run", "1.1", "--records", at("none"), "--out", at("x")), "write them with pvs records"},
		{append(train, "--run", "1.1", "--pixels", "16", "--out", at("x")), "16 pixels cannot be trained on"},
		{append(train, "--run", "1.1", "--pixels", "48", "--out", at("plain")), "other settings: size 32, not 48"},
		{append(train, "--run", "1.1", "--precision", "bfloat16", "--out", at("plain")),
			"other settings: precision float32, not bfloat16"},
		{append(train, "--run", "1.1", "--devices", "2", "--out", at("x")),
			"2 devices are asked for, but the backend Go Backend has 1: take as many devices as there are and as divide a " +
				"batch; --devices says how many"},
		{append(bench, "--devices", "2"), "2 devices are asked for, but the backend Go Backend has 1: take as many " +
			"devices as there are and as divide a batch; --devices says how many"},
		{[]string{"embed", cat, "--split", "index", "--checkpoint", broken, "--out", at("y")}, "broken.safetensors"},
		{[]string{"embed", cat, "--split", "index", "--checkpoint", at("plain"), "--out", at("y")}, "train the run first"},
	} {
		refused(t, c.args, c.say)
	}
	misused(t, append(bench, "--devices=-1"), "--devices is -1; it must be at least 1")
	misused(t, []string{"embed", cat, "--split", "index", "--checkpoint", broken, "--model", "b0", "--out", at("y")},
		"leave out --weights and --model")
	for _, flag := range []string{"--scale", "--precision"} {
		if status, _, _ := pvs(t, "journey", cat, flag, "huge", "--out", at("z")); status != 2 {
			t.Errorf("an unknown value of %s: status %d", flag, status)
		}
	}
}

// All scales can be asked for.
func TestScales(t *testing.T) {
	t.Parallel()
	for _, s := range recipe.Scales() {
		none := filepath.Join(t.TempDir(), "none")
		refused(t, []string{"train", none, "--scale", s.Name, "--run", "1.1", "--out", t.TempDir()}, "photos.csv")
	}
}
