package explain

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

var noLimits imageprep.Limits

// measureAll looks at all photos on all cores, by their ids.
func measureAll(ctx context.Context, ids, files []string, limits imageprep.Limits,
	progress func(done, total int)) (map[string]look, error) {
	looks := make(map[string]look, len(ids))
	var lock sync.Mutex
	err := cores.Each(ctx, len(ids), func(i int) error {
		photo, err := imageprep.Open(files[i], limits)
		if err != nil {
			return fmt.Errorf("photo %s: %w", ids[i], err)
		}
		l := measure(photo)
		lock.Lock()
		defer lock.Unlock()
		looks[ids[i]] = l
		progress(len(looks), len(ids))
		return nil
	})
	return looks, err
}

// typical is what the index's photos are like: a query is called dark, blurred, cut or lost in its frame only where
// nearly none of them is.
type typical struct {
	light, lightLow float64 // median, and what 1 of 100 is below
	blurHigh        float64 // what 1 of 100 is above
	cutHigh         float64
	cornerHigh      float64
	ground          [3]uint8 // the median colour of the ground
}

// extreme is the share of the index's photos that are as unusual as a limit.
const extreme = 0.01

func typicalOf(looks []look) typical {
	of := func(share float64, value func(l look) float64) float64 {
		if len(looks) == 0 {
			return 0
		}
		var values []float64
		for _, l := range looks {
			values = append(values, value(l))
		}
		slices.Sort(values)
		return values[int(share*float64(len(values)-1)+0.5)]
	}
	t := typical{}
	t.light = of(0.5, func(l look) float64 { return l.light })
	t.lightLow = of(extreme, func(l look) float64 { return l.light })
	t.blurHigh = of(1-extreme, func(l look) float64 { return l.blur })
	t.cutHigh = of(1-cutExtreme, func(l look) float64 { return l.cut })
	t.cornerHigh = of(1-extreme, func(l look) float64 { return l.corner })
	for c := range 3 {
		t.ground[c] = uint8(of(0.5, func(l look) float64 { return float64(l.edge[c]) }))
	}
	return t
}
