package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// From a catalogue in parts to answers of shards, which are those of one index; one shard ends, and is named.
func TestServeShards(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	steps := [][]string{
		{"data", "synth", "--products", "8", "--size", "64", "--out", at("cat")},
		{"index", "create", at("cat"), "--split", "index", "--baseline", "--out", at("one")},
		{"index", "create", at("cat"), "--split", "query", "--baseline", "--out", at("other")},
	}
	for n := range 2 {
		part := at(fmt.Sprint("part", n))
		steps = append(steps,
			[]string{"embed", at("cat"), "--split", "index", "--baseline", "--part", fmt.Sprintf("%d/2", n+1), "--out", part},
			[]string{"index", "create", at("cat"), "--split", "index", "--vectors", part, "--out", at(fmt.Sprint("shard", n))})
	}
	for _, args := range steps {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	write(t, at("token"), "the token of the shards\n")
	refused(t, []string{"serve", "--shards", "http://127.0.0.1:1", "--shards-token-file", at("token")}, "without spaces")
	write(t, at("token"), "the-token-of-the-shards\n")
	one, _, _ := serving(t, "--index", at("one"), "--addr", "127.0.0.1:0")
	var urls []string
	var ends []func() int
	for n := range 2 {
		url, _, end := serving(t, "--index", at(fmt.Sprint("shard", n)), "--addr", "127.0.0.1:0", "--token-file", at("token"))
		urls, ends = append(urls, strings.TrimSuffix(url, "/")), append(ends, end)
	}
	list := strings.Join(urls, ",")
	front, said, _ := serving(t, "--shards", list, "--shards-token-file", at("token"), "--addr", "127.0.0.1:0",
		"--shards-timeout", "1s")
	photos, err := filepath.Glob(filepath.Join(dir, "cat", "images", "*", "*.jpg"))
	if err != nil || len(photos) == 0 {
		t.Fatal(photos, err)
	}
	type answer struct {
		Products []map[string]any
		Missing  []string
	}
	search := func(url, photo string) (a answer) {
		t.Helper()
		status, text := asked(t, url+"v1/search", photo)
		if err := json.Unmarshal([]byte(text), &a); status != 200 || err != nil {
			t.Fatalf("%d: %s", status, text)
		}
		return a
	}
	for _, photo := range photos[:5] {
		if a, b := search(one, photo), search(front, photo); !reflect.DeepEqual(a, b) || len(a.Products) != 8 {
			t.Errorf("%v, not %v", b, a)
		}
	}
	image := search(front, photos[0]).Products[0]["image"].(string)
	if status, data := asked(t, strings.TrimSuffix(front, "/")+image, ""); status != 200 ||
		!strings.HasPrefix(data, "\xff\xd8") {
		t.Errorf("a picture: %d", status)
	}
	if status := ends[1](); status != 0 {
		t.Error(status)
	}
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if a := search(front, photos[0]); len(a.Missing) == 1 && "http://"+a.Missing[0] == urls[1] {
			break
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal("a shard that ended is not named: ", said())
		}
	}
	if _, page := asked(t, front, ""); !strings.Contains(page, "A part of the catalogue does not answer") {
		t.Error("the page does not say that a shard is missing")
	}
	// Whitened vectors need what whitened them.
	for _, args := range [][]string{
		{"embed", at("cat"), "--split", "index", "--baseline", "--out", at("v")},
		{"vectors", "whiten", at("v"), "--dim", "4", "--out", at("w")},
		{"index", "create", at("cat"), "--vectors", at("w"), "--out", at("white")},
	} {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	white, _, _ := serving(t, "--index", at("white"), "--addr", "127.0.0.1:0")
	by := strings.TrimSuffix(white, "/")
	refused(t, []string{"serve", "--shards", by, "--addr", "127.0.0.1:0"}, "by --whitening")
	refused(t, []string{"serve", "--shards", by, "--whitening", at("gone"), "--addr", "127.0.0.1:0"}, "gone")
	whitened, _, _ := serving(t, "--shards", by, "--whitening", filepath.Join(at("white"), "index.whiten"),
		"--addr", "127.0.0.1:0")
	if a, b := search(white, photos[0]), search(whitened, photos[0]); !reflect.DeepEqual(a, b) || len(a.Products) != 8 {
		t.Errorf("%v, not %v", b, a)
	}
	other, _, _ := serving(t, "--index", at("other"), "--addr", "127.0.0.1:0")
	refused(t, []string{"serve", "--shards", one + "," + other, "--pixels", "64"}, "says otherwise")
	refused(t, []string{"serve", "--shards", urls[0], "--addr", "127.0.0.1:0"}, "asks for a token")
	refused(t, []string{"serve", "--shards", urls[1], "--addr", "127.0.0.1:0"}, "none of the shards answers")
	refused(t, []string{"serve", "--shards", "shop", "--addr", "127.0.0.1:0"}, "no address of a shard")
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"--index", at("one"), "--shards", urls[0]}, "--shards"},
		{[]string{"--shards", urls[0], "--uploads", dir}, "the shards keep the photos"},
		{[]string{"--index", at("one"), "--whitening", at("x")}, "is for --shards and --engine"},
		{[]string{"--shards", urls[0], "--shards-timeout", "0s"}, "must be at least 10ms"},
		{[]string{"--shards", ""}, "--shards is empty"},
	} {
		misused(t, append([]string{"serve"}, c.args...), c.say)
	}
	if _, err := os.Stat("photos"); err == nil {
		t.Error("a front made a folder")
	}
}
