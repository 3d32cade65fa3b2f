package fit

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// sizes are the sides of larger inputs, in pixels, that are tried for the search: halfway to the recipe's largest, and
// that. Augmentation by random crops shows things larger in training than they are in whole photos, which a larger
// input makes up for (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
func (f *fitting) sizes() []int {
	var all []int
	for _, times := range []float64{(1 + f.recipe.Larger) / 2, f.recipe.Larger} {
		size := (int(times*float64(f.pixels)) + 2) / 4 * 4
		if size > f.pixels && (len(all) == 0 || size > all[len(all)-1]) {
			all = append(all, size)
		}
	}
	return all
}

// costs is how many times as long an input of size pixels a side takes as one of the training's.
func (f *fitting) costs(size int) float64 {
	times := float64(size) / float64(f.pixels)
	return times * times
}

// larger tries larger inputs with the network that was kept, and returns the side of the best: one that is better than
// the training's by more than its interval, or the training's.
func (t *training) larger(ctx context.Context, values map[string][]float32, report *evaluate.Report) (all []Candidate,
	size int, best *evaluate.Report, err error) {
	sizes := t.sizes()
	for _, s := range sizes {
		c := Candidate{Name: fmt.Sprintf("inputs of %d pixels", s)}
		if c.report, err = t.reportAt(ctx, values, s); err != nil {
			return nil, 0, nil, err
		}
		all = append(all, c)
	}
	if err := t.choose(report, all); err != nil {
		return nil, 0, nil, err
	}
	for i, c := range all {
		if c.Kept {
			t.Log(fmt.Sprintf("a search with inputs of %d pixels embeds a photo in %.1f times as long as with %d", sizes[i],
				t.costs(sizes[i]), t.pixels))
			return all, sizes[i], c.report, nil
		}
	}
	return all, t.pixels, report, nil
}
