package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tinyONNX is a network that PyTorch exported, of 16 pixels.
const tinyONNX = "../../backbone/testdata/tiny.onnx"

// A network in an ONNX file embeds, searches and makes an index, which then knows it; another file or other settings
// are refused in a sentence.
func TestONNXNetwork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	data, err := os.ReadFile(tinyONNX)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.onnx", "moved.onnx"} {
		if err := os.WriteFile(at(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other := append(append([]byte{}, data...), 0x72, 0) // an empty entry of metadata: the same network, another file
	if err := os.WriteFile(at("other.onnx"), other, 0o644); err != nil {
		t.Fatal(err)
	}
	done(t, "data", "synth", "--products", "4", "--train", "2", "--size", "64", "--out", at("cat"))
	flags := []string{"--network", at("a.onnx"), "--normalise", "imagenet", "--output", "features"}
	with := func(verb ...string) []string { return append(verb, flags...) }
	index := with("embed", at("cat"), "--split", "index", "--out", at("index"))
	if status, _, said := pvs(t, index...); status != 0 {
		if strings.Contains(said, "networks in ONNX files need ONNX Runtime") {
			t.Skip(said)
		}
		t.Fatal(said)
	}
	done(t, with("embed", at("cat"), "--split", "query", "--out", at("query"))...)
	done(t, "search", "--index", at("index"), "--queries", at("query"), "--out", at("ranked.csv"))
	done(t, with("embed", at("cat"), "--split", "query", "--out", at("views"), "--views", "A0,A2")...)
	photo := photosOf(t, at("cat"), "query")[0]
	image := func(index string, more ...string) []string {
		return append([]string{"search", "--index", at(index), "--image", photo}, more...)
	}
	done(t, image("index")...)
	done(t, image("index", "--network", at("moved.onnx"))...)
	done(t, with("index", "create", at("cat"), "--out", at("disk"))...)
	done(t, image("disk")...)

	sentence(t, image("index", "--network", at("other.onnx")), "was made with a at 16 pixels", "cannot be compared")
	sentence(t, image("index", "--normalise", "clip", "--network", at("a.onnx")), "--normalise clip says otherwise")
	sentence(t, image("index", "--output", "tokens:mean", "--network", at("a.onnx")),
		"--output tokens:mean says otherwise")
	sentence(t, image("index", "--baseline"), "--baseline says otherwise")
	sentence(t, image("index", "--views", "A0,A2"), "--views A0,A2 says otherwise")
	sentence(t, image("index", "--centre", "0.7"), "--centre 0.7 says otherwise")
	done(t, with("embed", at("cat"), "--split", "index", "--out", at("closer"), "--centre", "0.7")...)
	sentence(t, image("closer", "--centre", "0.8"), "--centre 0.8 says otherwise")
	sentence(t, []string{"search", "--index", at("closer"), "--queries", at("query")}, "centre 0.7", "centre 1")
	done(t, image("closer")...)
	if err := os.Remove(at("a.onnx")); err != nil {
		t.Fatal(err)
	}
	sentence(t, image("index"), "which is not there now", "--network")
	embed := []string{"embed", at("cat"), "--split", "query", "--out", at("none"), "--network"}
	sentence(t, append(embed, at("moved.onnx")), "nothing says how photos are normalised", "--normalise")
	sentence(t, append(embed, at("moved.onnx"), "--normalise", "clip"), "has 3 outputs", "maps float32 [batch, 6, 4, 4]")
	sentence(t, append(embed, "dinov2-s"), "the network dinov2-s is known, but its file", "docs/backbones.py export")
	sentence(t, append(embed, at("cat")), "is a folder")
	for _, wrong := range [][]string{
		append(embed, at("moved.onnx"), "--weights", "lite0"), append(embed, at("moved.onnx"), "--precision", "int8"),
		append(embed, at("moved.onnx"), "--baseline"), append(embed[:6:6], "--normalise", "clip"),
		append(embed, at("moved.onnx"), "--normalise", "klip"),
	} {
		if status, _, said := pvs(t, wrong...); status != 2 {
			t.Errorf("%v: status %d, %s", wrong, status, said)
		}
	}
}
