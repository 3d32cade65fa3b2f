package explain_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/explain"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// stopping is a toy that is interrupted after some batches.
type stopping struct {
	toy
	batches *int
	stop    context.CancelFunc
}

func (s stopping) Embed(inputs []float32, n int, out []float32) error {
	if *s.batches--; *s.batches == 0 {
		s.stop()
	}
	return s.toy.Embed(inputs, n, out)
}

// Interrupted at any step, the next start goes on and comes to the same end; a complete one embeds nothing.
func TestExplainGoesOn(t *testing.T) {
	t.Parallel()
	c := toyCatalog(t, 8, 1)
	for i, p := range c.Photos { // labels that are wrong, so that something is missed
		if p.Split == catalog.Query && i%12 == 0 {
			c.Photos[i].Product = "t3"
		}
	}
	set := func(split catalog.Split) *vectors.Set {
		s, _, err := embed.InMemory(context.Background(), toy{}, embed.PhotosOf(c, split), embed.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Normalize(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	search := explain.Search{Catalog: c, Index: set(catalog.Index), Queries: set(catalog.Query)}
	opts := explain.Options{Embedder: toy{}, Dir: t.TempDir(), Maps: 2}
	whole, err := explain.Explain(context.Background(), search, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole.Missed) == 0 || whole.Embedded == 0 || len(whole.Maps) == 0 {
		t.Fatalf("%d cases, %d embedded, %d maps", len(whole.Missed), whole.Embedded, len(whole.Maps))
	}
	dir, interrupted := t.TempDir(), 0
	for range 100 {
		ctx, stop := context.WithCancel(context.Background())
		batches := 8
		got, err := explain.Explain(ctx, search, explain.Options{Embedder: stopping{toy{}, &batches, stop}, Dir: dir})
		stop()
		if errors.Is(err, context.Canceled) {
			interrupted++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Missed) != len(whole.Missed) || len(got.Causes) != len(whole.Causes) || interrupted < 2 ||
			got.Embedded >= whole.Embedded {
			t.Errorf("after %d interruptions %d cases and %d causes, and %d are embedded; at once %d, %d and %d", interrupted,
				len(got.Missed), len(got.Causes), got.Embedded, len(whole.Missed), len(whole.Causes), whole.Embedded)
		}
		again, err := explain.Explain(context.Background(), search, explain.Options{Embedder: toy{}, Dir: dir})
		if err != nil || again.Embedded != 0 {
			t.Errorf("the next start embeds %d, %v", again.Embedded, err)
		}
		return
	}
	t.Error("it never ends")
}

// An approximate search's misses are told from the network's: the exact results come back.
func TestExplainApproximate(t *testing.T) {
	t.Parallel()
	c := toyCatalog(t, 8, 1)
	index, _, err := embed.InMemory(context.Background(), toy{}, embed.PhotosOf(c, catalog.Index), embed.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	queries, _, err := embed.InMemory(context.Background(), toy{}, embed.PhotosOf(c, catalog.Query), embed.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(index.Normalize(), queries.Normalize()); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for i, id := range queries.IDs {
		if i > 1 { // the first two find nothing right
			found[id] = index.IDs[5*i : 5*i+5]
		} else {
			found[id] = index.IDs[20:30]
		}
	}
	got, err := explain.Explain(context.Background(), explain.Search{Catalog: c, Index: index, Queries: queries,
		Found: found}, explain.Options{Embedder: toy{}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Missed) != 2 || got.Missed[0].Main() != explain.Approximate || got.MAR.Value != 0.75 {
		t.Fatalf("MAR@10 %g, %d missed: %+v", got.MAR.Value, len(got.Missed), got.Missed)
	}
	for _, s := range got.Causes {
		if s.Cause == explain.Approximate && (s.Queries != 2 || s.Best().Gain != 0.25 || s.Best().AtMost) {
			t.Errorf("got %+v", s)
		}
	}
}
