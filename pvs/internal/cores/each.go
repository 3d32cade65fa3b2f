package cores

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Each calls work with 0 to n-1, on as many goroutines as there are cores, and returns when
// all calls have returned. After the first error, or the end of ctx, it starts no further
// calls and returns that error.
func Each(ctx context.Context, n int, work func(i int) error) error {
	group, begun := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := 0; i < n && begun.Err() == nil; i++ {
		group.Go(func() error {
			if begun.Err() != nil { // while it waited for a core
				return context.Cause(begun)
			}
			return work(i)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}
