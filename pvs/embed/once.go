package embed

import (
	"context"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Once embeds photos into NAME.npy and NAME.ids unless an earlier start kept their
// vectors under the same key, which names all that they depend on besides the ids.
func Once(ctx context.Context, e Embedder, photos []Photo, name, key string, opts RunOptions) error {
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
	if _, err := Run(ctx, e, photos, name, opts); err != nil {
		return err
	}
	return vectors.Keep(name, key)
}
