package fetch

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// Lock locks path among the processes of a machine, for a download or an installation
// that one of them does for all. It waits while another process holds the lock, and logs
// one line then; a caller that has waited should check whether anything is left to do.
func Lock(ctx context.Context, path string, log func(string)) (release func(), err error) {
	held, err := onewriter.Wait(ctx, path, log)
	if err != nil {
		return nil, err
	}
	return held.Release, nil
}
