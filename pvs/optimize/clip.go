package optimize

import (
	"errors"
	"fmt"
	"math"
)

// ErrNotFinite says that a gradient is not a number or infinite: the training has diverged.
var ErrNotFinite = errors.New("a gradient is not a finite number")

// ClipByGlobalNorm scales all gradients by limit / norm if their norm, the root of the sum of all squares, is
// above the limit (Pascanu et al. 2013, algorithm 1; PyTorch's clip_grad_norm_, which adds
// 1e-6 to the norm), and returns the norm before
// that. A limit of 0 only measures. Where it fails, the gradients are as they were.
func ClipByGlobalNorm(gradients Tensors, limit float64) (norm float64, err error) {
	if !(limit >= 0) {
		return 0, fmt.Errorf("gradients cannot be clipped to a norm of %g: it is above 0, or 0 for no clipping", limit)
	}
	all := pieces(gradients, sorted(gradients))
	sums := make([]float64, len(all))
	each(all, func(i int, p piece) {
		for _, g := range gradients[p.name][p.from:p.to] {
			sums[i] += float64(g) * float64(g)
		}
	})
	total := 0.0
	for i, s := range sums {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return 0, fmt.Errorf("%s: %w", all[i].name, ErrNotFinite)
		}
		total += s
	}
	norm = math.Sqrt(total)
	if limit == 0 || norm <= limit {
		return norm, nil
	}
	factor := float32(limit / norm)
	each(all, func(_ int, p piece) {
		values := gradients[p.name][p.from:p.to]
		for i := range values {
			values[i] *= factor
		}
	})
	return norm, nil
}
