package embed

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Once embeds photos into NAME.npy and NAME.ids unless an earlier start kept their
// vectors under the same key, which names all that they depend on besides the ids.
// Start starts the progress where there is something to do; it may be nil.
func Once(ctx context.Context, e Embedder, photos []Photo, name, key string, start func() (update func(done, total int), finish func())) error {
	ids := make([]string, len(photos))
	for i, p := range photos {
		ids[i] = p.ID
	}
	if vectors.Kept(name, key, ids) {
		return nil
	}
	if err := vectors.Forget(name); err != nil {
		return err
	}
	var opts RunOptions
	finish := func() {}
	if start != nil {
		opts.Progress, finish = start()
	}
	_, err := Run(ctx, e, photos, name, opts)
	finish()
	if err != nil {
		return err
	}
	return vectors.Keep(name, key)
}
