package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// JSON never meets a number that is none: it is null, wherever it is, and all else is as it was.
func TestFinite(t *testing.T) {
	t.Parallel()
	type inner struct {
		A float64 `json:"a"`
		B string  `json:"b,omitempty"`
		C float32 `json:"-"`
	}
	type outer struct {
		inner
		D *inner
		P effnet.Precision `json:"p"`
	}
	nan := math.NaN()
	for _, c := range []struct {
		v    any
		want string
	}{
		{map[string]any{"x": 1.5, "y": nan, "z": math.Inf(1)}, `{"x":1.5,"y":null,"z":null}`},
		{map[string]any{"runs": map[string]inner{"1": {A: nan, C: 3}, "2": {A: 2, B: "b"}}},
			`{"runs":{"1":{"a":null},"2":{"a":2,"b":"b"}}}`},
		{outer{inner{A: nan}, &inner{A: math.Inf(-1)}, effnet.BFloat16}, `{"D":{"a":null},"a":null,"p":"bfloat16"}`},
		{[]any{float32(math.Inf(1)), nil, "s", []float64{1, nan}, map[int]float64{1: 2}}, `[null,null,"s",[1,null],{"1":2}]`},
		{map[string]any{"n": 3, "list": []string{"a"}}, `{"list":["a"],"n":3}`},
	} {
		got, err := json.Marshal(finite(c.v))
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %v; want %s", got, err, c.want)
		}
	}
}

// A training that breaks down ends with one sentence that says so, whether it shows in a step, on
// val photos or in the weights (shared/cases/nan-json).
func TestBrokenTraining(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cat := filepath.Join(dir, "cat")
	if status, _, stderr := pvs(t, "data", "synth", "--products", "2", "--train", "8", "--size", "64",
		"--out", cat); status != 0 {
		t.Fatal(stderr)
	}
	for _, learningRate := range []string{"1e30", "1e300"} {
		phases := filepath.Join(dir, "phases.toml")
		text := "[[phase]]\nname = \"top\"\ntrains = \"new top\"\nlearning_rate = " + learningRate + "\nepochs = 2\n"
		if err := os.WriteFile(phases, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(t, []string{"train", cat, "--phases", phases, "--run", "top", "--out", filepath.Join(dir, learningRate),
			"--scale", "smoke", "--pixels", "32", "--weights", miniWeights, "--model", "mini", "--json"},
			"the training has broken down; lower the learning rate")
	}
	for _, seconds := range []string{"NaN", "Inf", "-1"} {
		status, _, stderr := pvs(t, "bench", "images", "--seconds="+seconds)
		if status != 2 || !strings.Contains(stderr, "--seconds") {
			t.Errorf("--seconds %s: status %d, %s", seconds, status, stderr)
		}
	}
}
