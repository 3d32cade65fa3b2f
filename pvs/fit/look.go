package fit

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// optionsOf are those of a network that looks so.
func optionsOf(look imageprep.Look) embed.NetworkOptions {
	return embed.NetworkOptions{Size: look.Size, Centre: look.Centre}
}

// asIs is the input of the network as it was.
func (f *fitting) asIs() imageprep.Look {
	return imageprep.Look{Size: f.pixels, Centre: f.network.Centre}
}

// centres are inputs that look at other parts of photos than one does: at the whole, and at central parts down to the
// recipe's least share.
func (f *fitting) centres(than imageprep.Look) []imageprep.Look {
	var all []imageprep.Look
	for share := 100; float64(share) >= 100*f.recipe.Centre; share -= 10 {
		in := imageprep.Look{Size: than.Size, Centre: float64(share) / 100}
		if share == 100 {
			in.Centre = 0
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

// try scores looks and chooses among them; kept is the number of the one that is better than base by more than its
// interval, -1: none is.
func (t *training) try(base *evaluate.Report, looks []imageprep.Look, name func(imageprep.Look) string,
	score func(imageprep.Look) (*evaluate.Report, error)) (all []Candidate, kept int, err error) {
	for _, look := range looks {
		c := Candidate{Name: name(look)}
		if c.report, err = score(look); err != nil {
			return nil, -1, err
		}
		all = append(all, c)
	}
	err = t.choose(base, all)
	return all, slices.IndexFunc(all, func(c Candidate) bool { return c.Kept }), err
}

// firstLook chooses which part of photos training looks at: the one with which the network as it was finds most. It
// asks all photos that are searched among, as nothing was learned from any of them yet. A training that goes on looks
// where it looked. It returns the network as it was with that look, scored as others are; nil where it looks as before.
func (t *training) firstLook(ctx context.Context) (*Candidate, error) {
	name := func(look imageprep.Look) string { return "the network as it was, " + look.String() }
	if looks := t.centres(t.first); t.state != nil {
		t.first.Centre = t.state.Centre
	} else if len(looks) > 0 {
		score := func(look imageprep.Look) (*evaluate.Report, error) {
			return t.reportBy(ctx, t.network.Values, look, t.held.scoreAll)
		}
		base, err := score(t.first)
		if err != nil {
			return nil, err
		}
		_, kept, err := t.try(base, looks, name, score)
		if err != nil {
			return nil, err
		}
		if kept >= 0 {
			t.first = looks[kept]
		}
	}
	if t.first == t.asIs() {
		return nil, nil
	}
	if err := t.held.lookAt(ctx, t.first); err != nil {
		return nil, err
	}
	report, err := t.report(ctx, t.network.Values)
	return &Candidate{Name: name(t.first), values: t.network.Values, report: report}, err
}

// looks tries other inputs with the network that was kept, which looked at best: first other parts of photos, which
// cost nothing, and with the best of these larger sides. It sets what was tried in the result, and returns the input
// that is better by more than its interval, or the same one.
func (t *training) looks(ctx context.Context, values map[string][]float32, best imageprep.Look, report *evaluate.Report,
	r *Result) (imageprep.Look, *evaluate.Report, error) {
	try := func(looks []imageprep.Look, name func(imageprep.Look) string) ([]Candidate, error) {
		all, kept, err := t.try(report, looks, name, func(look imageprep.Look) (*evaluate.Report, error) {
			return t.reportOf(ctx, values, look)
		})
		if kept >= 0 {
			best, report = looks[kept], all[kept].report
		}
		return all, err
	}
	var err error
	if r.Centres, err = try(t.centres(best), imageprep.Look.Part); err != nil {
		return best, nil, err
	}
	var looks []imageprep.Look
	for _, size := range t.sizes() {
		looks = append(looks, imageprep.Look{Size: size, Centre: best.Centre})
	}
	pixels := func(look imageprep.Look) string { return fmt.Sprintf("inputs of %d pixels", look.Size) }
	if r.Sizes, err = try(looks, pixels); err != nil {
		return best, nil, err
	}
	t.ifAllFound(report.MAR().Value, best.Size)
	if best.Size > t.pixels {
		t.Log(fmt.Sprintf("a search with inputs of %d pixels embeds a photo in %.1f times as long as with %d", best.Size,
			t.costs(best.Size), t.pixels))
	}
	return best, report, nil
}

// ifAllFound says so where the held-out photos are nearly all found, and could not choose larger inputs than size.
func (f *fitting) ifAllFound(mar float64, size int) {
	if sizes := f.sizes(); mar > nearlyAll && size == f.pixels && len(sizes) > 0 {
		f.Log(fmt.Sprintf("nearly all held-out photos are found already, so they cannot show whether inputs of %d pixels "+
			"find more: queries of your own could", sizes[len(sizes)-1]))
	}
}

// seen are the parts of photos that are looked at.
type seen struct {
	feed.Source
	look imageprep.Look
}

// Open reads a photo's part.
func (s seen) Open(photo int) (*imageprep.RGB, error) {
	p, err := s.Source.Open(photo)
	if err != nil {
		return nil, err
	}
	return s.look.Of(p), nil
}
