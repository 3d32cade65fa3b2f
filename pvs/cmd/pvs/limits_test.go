package main

import (
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Every number that a user can give has a limit, or stands here as one that may be
// anything: without one, 0 or less may be taken for a flag that was not given.
func TestEveryNumberHasALimit(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{}, longHelp)
	if err != nil {
		t.Fatal(err)
	}
	numbers := 0
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			switch flag.Target.Interface().(type) { // not the types that are made of numbers
			case int, int64, float64:
				numbers++
				if flag.Tag.Get("min")+flag.Tag.Get("above") == "" {
					t.Errorf("--%s has no limit", flag.Name)
				}
			}
		}
		return next(nil)
	})
	if err != nil || numbers < 40 {
		t.Errorf("%d numbers, %v", numbers, err)
	}
}

// Zero, less, nothing and no number are refused in a sentence where nothing could be done
// with them, instead of being taken for a flag that was not given.
func TestZeroAndNothingAreNoDefaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"search", "--index", "i", "--queries", "q", "--k", "0"}, "--k is 0; it must be at least 1"},
		{[]string{"evaluate", "ranked.csv", "--truth", "t.csv", "--k", "0"}, "--k is 0"},
		{[]string{"evaluate", "ranked.csv", "--truth", ""}, "--truth is empty"},
		{[]string{"records", dir, "--out", out, "--quality", "0"}, "--quality is 0; it must be at least 1 and at most 100"},
		{[]string{"records", dir, "--out", out, "--pixels", "0"}, "--pixels is 0"},
		{[]string{"records", dir, "--out", out, "--shard-mb", "0"}, "--shard-mb is 0"},
		{[]string{"records", dir, "--out", out, "--splits", ""}, "--splits is empty"},
		{[]string{"convert", "a.npy", "b.parquet", "--shard-mb=-1"}, "--shard-mb is -1"},
		{[]string{"embed", dir, "--split", "index", "--out", out, "--pixels", "0"},
			"--pixels is 0; it must be at least 32 and at most 2048"},
		{[]string{"embed", dir, "--split", "index", "--out", out, "--batch", "0"}, "--batch is 0"},
		{[]string{"embed", dir, "--split", "index", "--out", out, "--checkpoint", ""},
			"--checkpoint is empty; leave the flag out"},
		{[]string{"embed", dir, "--split", "index", "--out", ""}, "--out is empty; say which"},
		{[]string{"embed", dir, "--split", "foo", "--out", out}, `split "foo" is none of`},
		{[]string{"records", dir, "--splits", "train,foo", "--out", out}, `split "foo" is none of`},
		{[]string{"data", "defects", dir, "--kinds", "foo", "--out", out}, "foo"},
		{[]string{"embed", dir, "--split", "index", "--out", out, "--baseline", "--model", "b0"}, "leave out --model b0"},
		{[]string{"embed", dir, "--split", "index", "--out", out, "--checkpoint", "x", "--model", "b0"},
			"leave out --weights and --model"},
		{[]string{"embed", dir, "--split", "index", "--out", out + "/"}, "names a folder"},
		{[]string{"embed", dir, "--split", "index", "--out", "."}, "names a folder"},
		{[]string{"convert", "a.npy", "b.npy"}, "are of one kind"},
		{[]string{"convert", "a.npy", "b.txt"}, "ends in none of"},
		{[]string{"convert", "a.npy", ".parquet"}, "names no vectors"},
		{[]string{"evaluate", "ranked.csv"}, "the truth is missing"},
		{[]string{"import", "csv", dir, "--column", "foto=picture", "--out", out}, `no column "foto"`},
		{[]string{"embed", "", "--split", "index", "--out", out}, "is empty"},
		{[]string{"train", dir, "--out", out, "--run", "1.1", "--photos", "0"}, "--photos is 0"},
		{[]string{"train", dir, "--out", out, "--run", "1.1", "--micro-batch", "0"}, "--micro-batch is 0"},
		{[]string{"journey", dir, "--out", out, "--devices", "0"}, "--devices is 0"},
		{[]string{"data", "vectors", "--out", out, "--dim", "0"}, "--dim is 0"},
		{[]string{"data", "vectors", "--out", out, "--spread", "0"}, "--spread is 0; it must be above 0"},
		{[]string{"data", "synth", "--out", out, "--size", "0"}, "--size is 0"},
		{[]string{"data", "synth", "--out", out, "--products=-1"}, "--products is -1"},
		{[]string{"import", "folder", dir, "--out", out, "--queries", "-1"}, "--queries is -1; it must be at least 0"},
		{[]string{"import", "folder", dir, "--out", out, "--train", "nan"}, "--train is NaN"},
		{[]string{"import", "folder", dir, "--out", out, "--val", "1"}, "--val is 1; it must be at least 0 and below 1"},
		{[]string{"check", dir, "--few", "-1"}, "--few is -1"},
		{[]string{"bench", "images", "--seconds", "0"}, "--seconds is 0"},
	} {
		misused(t, c.args, c.say)
	}
	// All numbers of products may not be 0 together: 0 parts would be all of them.
	for _, kind := range [][]string{{"kicad", "--limit"}, {"synth", "--products"}, {"furniture", "--products"}} {
		misused(t, []string{"data", kind[0], "--out", out, kind[1], "0"}, "no products make no catalogue")
	}
}

// Zero where it means something.
func TestZeroIsZero(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if status, _, stderr := pvs(t, "data", "synth", "--products", "2", "--size", "40", "--seed", "0", "--out",
		at("drawn")); status != 0 {
		t.Fatal(stderr)
	}
	for queries, want := range map[string]int{"0": 0, "1": 2} {
		if status, _, stderr := pvs(t, "import", "folder", at("drawn"), "--queries", queries, "--out",
			at("cat")); status != 0 {
			t.Fatal(stderr)
		}
		cat, err := catalog.Open(at("cat"), catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := len(cat.Split(catalog.Query))
		if want == 0 && got != 0 || want != 0 && got == 0 {
			t.Errorf("--queries %s made %d queries", queries, got)
		}
	}
	status, stdout, stderr := pvs(t, "check", at("drawn"), "--no-labels", "--min-side", "0", "--few", "0",
		"--out", at("check"), "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	counts, ok := object(t, stdout, "counts")["counts"].(map[string]any)
	for _, kind := range []string{"small", "few_photos"} {
		if n, is := counts[kind].(float64); !ok || !is || n != 0 {
			t.Errorf("%v are %s", counts[kind], kind)
		}
	}
}
