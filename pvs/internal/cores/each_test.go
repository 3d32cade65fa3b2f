package cores

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	done := make([]int, 1000)
	if err := Each(t.Context(), len(done), func(i int) error { done[i]++; return nil }); err != nil {
		t.Fatal(err)
	}
	for i, n := range done {
		if n != 1 {
			t.Fatalf("item %d was worked on %d times", i, n)
		}
	}
	if err := Each(t.Context(), 0, func(int) error { return errors.New("called") }); err != nil {
		t.Error(err)
	}
}

func TestFirstErrorStops(t *testing.T) {
	var begun atomic.Int64
	err := Each(t.Context(), 1_000_000, func(i int) error {
		begun.Add(1)
		if i >= 10 {
			return fmt.Errorf("item %d", i)
		}
		return nil
	})
	if err == nil || begun.Load() > 1000 {
		t.Errorf("%v after %d items", err, begun.Load())
	}
}

func TestCancelStops(t *testing.T) {
	why := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	stopped := make(chan struct{})
	var begun atomic.Int64
	err := Each(ctx, 1_000_000, func(i int) error {
		switch n := begun.Add(1); {
		case n == 10:
			stop(why)
			close(stopped)
		case n > 10: // on another core: it could work on many items before the stop comes through
			<-stopped
		}
		return nil
	})
	if most := int64(10 + runtime.GOMAXPROCS(0)); !errors.Is(err, why) || begun.Load() > most {
		t.Errorf("%v after %d items, of which at most %d could begin", err, begun.Load(), most)
	}
}

func TestRanges(t *testing.T) {
	for _, c := range [][2]int{{10, 3}, {2, 5}, {0, 4}, {7, 1}} {
		n, parts := c[0], c[1]
		done, of := make([]int, n), make([]int, parts)
		Ranges(n, parts, func(part, from, to int) {
			of[part]++
			for i := from; i < to; i++ {
				done[i]++
			}
		})
		for i, times := range done {
			if times != 1 {
				t.Errorf("item %d of %d in %d parts was worked on %d times", i, n, parts, times)
			}
		}
		for i, times := range of {
			if want := min(1, max(0, n-i)); times != want {
				t.Errorf("part %d of %d of %d items was called %d times", i, parts, n, times)
			}
		}
	}
}
