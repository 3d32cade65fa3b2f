package teach

import "context"

// Candidates is how many photos an index is asked for where the k best by a [Metric] are wanted.
func Candidates(k int) int { return max(200, 10*k) }

// Search returns the k photos that are nearest to a vector of length 1 by a metric, best first; nil: as the index
// ranks them. They are the best of [Candidates] photos that the index finds for [Metric.Query].
func Search(ctx context.Context, src Source, t *Metric, vector []float32, k int) ([]Photo, error) {
	if t == nil {
		return src.Nearest(ctx, vector, k)
	}
	photos, err := src.Nearest(ctx, t.Query(vector), Candidates(k))
	if err != nil {
		return nil, err
	}
	t.Rerank(vector, photos)
	return photos[:min(k, len(photos))], nil
}
