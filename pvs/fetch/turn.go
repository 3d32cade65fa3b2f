package fetch

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// Turn is for what all processes of a machine want to have alike and one of them makes,
// a download or an installation: it waits while another process makes what is called
// path, and says so in one line. Who had to wait looks again whether there is anything
// left to do. Release ends the turn.
func Turn(ctx context.Context, path string, log func(string)) (release func(), err error) {
	held, err := onewriter.Wait(ctx, path, log)
	if err != nil {
		return nil, err
	}
	return held.Release, nil
}
