package explain

import (
	"context"
	"fmt"
	"maps"
)

// Limits of what is wrong with a photo. Each also has to be beyond what all but 1 of 100 of the index's photos are
// (typical): where the index is dark too, darkness is not why a query misses.
const (
	darkShare = 0.5  // of the index's median light
	enlarged  = 2    // times, by which the network enlarges a small photo
	unsharp   = 0.55 // blur
)

// findFaults finds photos with too little light, sharpness or pixels, mends them, embeds them again and searches again.
func (e *examination) findFaults(ctx context.Context) error {
	mend := map[Cause]treatment{Dark: brighten(e.light), Blurred: sharpen, Small: sharpen}
	faults := map[Cause][]int{}
	details := map[Cause]map[int]string{}
	for _, c := range e.cases {
		l := e.looks[c.Query]
		note := func(cause Cause, is bool, format string, args ...any) {
			if is {
				if details[cause] == nil {
					details[cause] = map[int]string{}
				}
				faults[cause] = append(faults[cause], c.query)
				details[cause][c.query] = fmt.Sprintf(format, args...)
			}
		}
		note(Dark, l.light < darkShare*e.light && l.light < e.lightLow,
			"its light reaches %.0f of 255, half of the index's photos %.0f", l.light, e.typical.light)
		pixels := e.opts.Embedder.Origin().Pixels
		small := pixels > 0 && enlarged*max(l.width, l.height) <= pixels
		note(Small, small, "it has %d x %d pixels and is enlarged to %d", l.width, l.height, pixels)
		note(Blurred, !small && l.blur > max(unsharp, e.blurHigh),
			"its blur is %.2f, that of 99 of 100 of the index's photos below %.2f", l.blur, e.blurHigh)
	}
	for _, cause := range []Cause{Dark, Small, Blurred} {
		if len(faults[cause]) == 0 {
			continue
		}
		if err := e.mend(ctx, cause, mend[cause], faults[cause], details[cause]); err != nil {
			return err
		}
	}
	return nil
}

// mend treats the photos of queries, and asks what another photo of the product would find.
func (e *examination) mend(ctx context.Context, cause Cause, t treatment, queries []int,
	details map[int]string) error {
	best := map[int]float64{}
	shifts, err := e.treated(ctx, string(cause), t, queries)
	if err != nil {
		return err
	}
	for i, q := range queries {
		best[q] = shifts[i].recall
	}
	e.cure(cause, "the photo "+t.name, false, best)
	after, err := e.anotherPhoto(ctx, queries)
	if err != nil {
		return err
	}
	e.cure(cause, "another photo of it", false, after)
	best = maps.Clone(best)
	for q, v := range after {
		best[q] = max(v, best[q])
	}
	for _, q := range queries {
		e.found(q, Found{Cause: cause, Detail: details[q], seen: true}, best[q])
	}
	return nil
}

// anotherPhoto is what queries would recall with another photo of the product: each right photo in turn is the query
// and looks for the others.
func (e *examination) anotherPhoto(ctx context.Context, queries []int) (map[int]float64, error) {
	after := map[int]float64{}
	for _, q := range queries {
		right := keys(e.right[q])
		if len(right) < 2 {
			continue
		}
		hits, err := e.others(ctx, right, len(right)+depth)
		if err != nil {
			return nil, err
		}
		sum := 0.0
		for i := range right {
			found := 0
			for _, row := range rows(hits[i], 10) {
				if e.right[q][row] {
					found++
				}
			}
			sum += float64(found) / float64(len(right)-1)
		}
		after[q] = sum / float64(len(right))
	}
	return after, nil
}
