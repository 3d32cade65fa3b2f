package fit

import (
	"context"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// input is how a photo becomes the network's input.
type input struct {
	size   int     // side in pixels
	centre float64 // share of the photo's side that is looked at ([imageprep.Centre]); 0: all
}

// String says what a search looks at.
func (i input) String() string {
	if i.centre == 0 {
		return fmt.Sprintf("photos at %d pixels", i.size)
	}
	return fmt.Sprintf("the central %g of photos' sides at %d pixels", i.centre, i.size)
}

// options are the input's.
func (i input) options() embed.NetworkOptions {
	return embed.NetworkOptions{Size: i.size, Centre: i.centre}
}

// asIs is the input of training, and of the network as it was.
func (f *fitting) asIs() input { return input{f.pixels, f.network.Centre} }

// centres are the central parts that are tried for the search: from nearly all of a photo to the recipe's least share.
func (f *fitting) centres() []float64 {
	var all []float64
	for share := 90; float64(share) >= 100*f.recipe.Centre; share -= 10 {
		if c := float64(share) / 100; c != f.network.Centre {
			all = append(all, c)
		}
	}
	return all
}

// sizes are the sides of larger inputs, in pixels, that are tried for the search: halfway to the recipe's largest, and
// that. Augmentation by random crops shows things larger in training than they are in whole photos, which a larger
// input makes up for (Touvron et al. 2019, "Fixing the train-test resolution discrepancy"), as a central part does.
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

// looks tries other inputs with the network that was kept: first central parts of photos, which cost nothing, and with
// the best of these larger sides. It sets what was tried in the result, and returns the input that is better than the
// training's by more than its interval, or the training's.
func (t *training) looks(ctx context.Context, values map[string][]float32, report *evaluate.Report,
	r *Result) (best input, _ *evaluate.Report, err error) {
	best = t.asIs()
	try := func(name string, inputs []input) (all []Candidate, err error) {
		for _, in := range inputs {
			c := Candidate{Name: fmt.Sprintf(name, in.size, in.centre)}
			if c.report, err = t.reportOf(ctx, values, in); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		if err = t.choose(report, all); err != nil {
			return nil, err
		}
		for i, c := range all {
			if c.Kept {
				best, report = inputs[i], c.report
			}
		}
		return all, nil
	}
	var inputs []input
	for _, c := range t.centres() {
		inputs = append(inputs, input{t.pixels, c})
	}
	if r.Centres, err = try("the central %[2]g of photos' sides", inputs); err != nil {
		return best, nil, err
	}
	inputs = nil
	for _, size := range t.sizes() {
		inputs = append(inputs, input{size, best.centre})
	}
	if r.Sizes, err = try("inputs of %[1]d pixels", inputs); err != nil {
		return best, nil, err
	}
	if best.size > t.pixels {
		t.Log(fmt.Sprintf("a search with inputs of %d pixels embeds a photo in %.1f times as long as with %d", best.size,
			t.costs(best.size), t.pixels))
	}
	return best, report, nil
}

// of brings a photo to the input.
func (i input) of(photo *imageprep.RGB, to []float32) {
	if i.centre > 0 {
		photo = imageprep.Centre(photo, i.centre)
	}
	imageprep.Square(photo, i.size, to)
}

// within returns the side of the square whose central part is the input.
func (i input) within() int {
	if i.centre == 0 {
		return i.size
	}
	return int(math.Round(float64(i.size) / i.centre))
}
