package fit

import (
	"context"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// input is how a photo becomes the network's input.
type input struct {
	size   int     // side in pixels
	centre float64 // share of the photo's side that is looked at ([imageprep.Centre]); 0: all
}

// part says what part of photos a search looks at.
func (i input) part() string {
	if i.centre == 0 {
		return "whole photos"
	}
	return fmt.Sprintf("the central %g of photos' sides", i.centre)
}

// String says what a search looks at.
func (i input) String() string { return fmt.Sprintf("%s at %d pixels", i.part(), i.size) }

// options are the input's.
func (i input) options() embed.NetworkOptions {
	return embed.NetworkOptions{Size: i.size, Centre: i.centre}
}

// asIs is the input of the network as it was.
func (f *fitting) asIs() input { return input{f.pixels, f.network.Centre} }

// centres are inputs that look at other parts of photos than one does: at the whole, and at central parts down to the
// recipe's least share.
func (f *fitting) centres(than input) []input {
	var all []input
	for share := 100; float64(share) >= 100*f.recipe.Centre; share -= 10 {
		in := input{than.size, float64(share) / 100}
		if share == 100 {
			in.centre = 0
		}
		if in != than {
			all = append(all, in)
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

// firstLook chooses which part of photos training looks at: the one with which the network as it was finds most. It
// asks all photos that are searched among, as nothing was learned from any of them yet. It returns the network as it
// was with that look, scored as others are; nil where it looks as before.
func (t *training) firstLook(ctx context.Context) (*Candidate, error) {
	looked := func(in input) (*evaluate.Report, error) {
		return t.reportBy(ctx, t.network.Values, in, t.held.scoreAll)
	}
	base, err := looked(t.first)
	if err != nil {
		return nil, err
	}
	inputs := t.centres(t.first)
	all := make([]Candidate, len(inputs))
	for i, in := range inputs {
		all[i].Name = "the network as it was, " + in.String()
		if all[i].report, err = looked(in); err != nil {
			return nil, err
		}
	}
	if err := t.choose(base, all); err != nil {
		return nil, err
	}
	for i, c := range all {
		if c.Kept {
			t.first = inputs[i]
			if err := t.held.lookAt(ctx, t.first); err != nil {
				return nil, err
			}
			report, err := t.report(ctx, t.network.Values)
			return &Candidate{Name: c.Name, values: t.network.Values, report: report}, err
		}
	}
	return nil, nil
}

// looks tries other inputs with the network that was kept, which looked at best: first other parts of photos, which
// cost nothing, and with the best of these larger sides. It sets what was tried in the result, and returns the input
// that is better by more than its interval, or the same one.
func (t *training) looks(ctx context.Context, values map[string][]float32, best input, report *evaluate.Report,
	r *Result) (input, *evaluate.Report, error) {
	try := func(inputs []input, name func(in input) string) (all []Candidate, err error) {
		for _, in := range inputs {
			c := Candidate{Name: name(in)}
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
	var err error
	if r.Centres, err = try(t.centres(best), input.part); err != nil {
		return best, nil, err
	}
	var inputs []input
	for _, size := range t.sizes() {
		inputs = append(inputs, input{size, best.centre})
	}
	pixels := func(in input) string { return fmt.Sprintf("inputs of %d pixels", in.size) }
	if r.Sizes, err = try(inputs, pixels); err != nil {
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

// centred are photos' parts that an input looks at.
type centred struct {
	feed.Source
	share float64
}

// Open reads a photo's part.
func (c centred) Open(photo int) (*imageprep.RGB, error) {
	p, err := c.Source.Open(photo)
	if err != nil {
		return nil, err
	}
	return imageprep.Centre(p, c.share), nil
}
