package explain

import (
	"context"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

// shift is what a treatment of a photo does.
type shift struct {
	own    float64 // change of the mean cosine with the right photos
	wrong  float64 // with the wrong ones of the first ten
	recall float64 // of a new search
}

// apart is by how much the right photos gain on the wrong ones.
func (s shift) apart() float64 { return s.own - s.wrong }

// nearer is by how much the photo comes nearer to the right photos.
func (s shift) nearer() float64 { return s.own }

// missing are the queries that miss.
func (e *examination) missing() []int {
	var out []int
	for _, c := range e.cases {
		out = append(out, c.query)
	}
	return out
}

// treated embeds treated query photos, and searches again; step names the file of the vectors.
func (e *examination) treated(ctx context.Context, step string, t treatment, queries []int) ([]shift, error) {
	jobs := make([]job, len(queries))
	for i, q := range queries {
		jobs[i] = job{e.Queries.IDs[q], t}
	}
	if err := e.workshop.embed(ctx, step, jobs); err != nil {
		return nil, err
	}
	data := make([]float32, 0, len(jobs)*e.Index.Dim)
	for _, j := range jobs {
		data = append(data, e.workshop.vector(j.photo, t)...)
	}
	hits, err := e.again(ctx, queries, data)
	if err != nil {
		return nil, err
	}
	out := make([]shift, len(queries))
	for i, q := range queries {
		was, now := e.Queries.Row(q), e.workshop.vector(e.Queries.IDs[q], t)
		out[i] = e.shifted(was, now, keys(e.right[q]), e.wrong(q))
		out[i].recall = e.recall(q, rows(hits[i], retrieval.K))
	}
	return out, nil
}

func (e *examination) shifted(was, now []float32, right, wrong []int) shift {
	change := func(rows []int) float64 {
		a, _ := e.agreement(was, rows, -1)
		b, _ := e.agreement(now, rows, -1)
		return b - a
	}
	return shift{own: change(right), wrong: change(wrong)}
}

// chanceSample is how many photos of the index are treated to see what a treatment does to a photo that needs none.
const chanceSample = 256

// sample are photos of the index whose product has others there, with these and with their wrong neighbours.
func (e *examination) sample(ctx context.Context) error {
	if e.asked != nil {
		return nil
	}
	step := max(1, e.Index.Len()/chanceSample)
	var of []int
	for row := 0; row < e.Index.Len(); row += step {
		if len(e.products[e.product(row)]) > 1 {
			of = append(of, row)
		}
	}
	hits, err := e.others(ctx, of, retrieval.K)
	if err != nil {
		return err
	}
	e.asked = []asked{}
	for i, row := range of {
		a := asked{row: row}
		for _, other := range e.products[e.product(row)] {
			if other != row {
				a.right = append(a.right, other)
			}
		}
		for _, h := range hits[i] {
			if !slices.Contains(a.right, h.Row) {
				a.wrong = append(a.wrong, h.Row)
			}
		}
		if len(a.wrong) > 0 {
			e.asked = append(e.asked, a)
		}
	}
	return nil
}

// asked is a photo of the index in the place of a query.
type asked struct {
	row          int
	right, wrong []int
}

// chance is what a treatment does to photos of the index, which need none.
type chance struct{ seldom, often float64 }

// chanceOf says what all but 1 of 100, and all but a share, stay below.
func chanceOf(values []float64, share float64) chance {
	return chance{quantile(values, 1-extreme), quantile(values, 1-share)}
}

// exceeded says whether a value is more than chance: alone, or together with a recall that rises.
func (c chance) exceeded(value float64, rises bool) bool {
	return value > c.seldom || value > c.often && rises
}

// chances are what a treatment does to photos of the index.
func (e *examination) chances(ctx context.Context, step string, t treatment, value func(s shift) float64) ([]float64,
	error) {
	if err := e.sample(ctx); err != nil {
		return nil, err
	}
	var jobs []job
	for _, a := range e.asked {
		jobs = append(jobs, job{e.photo(a.row), t})
	}
	if err := e.workshop.embed(ctx, step, jobs); err != nil {
		return nil, err
	}
	var values []float64
	for i, a := range e.asked {
		now := e.workshop.vector(jobs[i].photo, t)
		values = append(values, value(e.shifted(e.Index.Row(a.row), now, a.right, a.wrong)))
	}
	return values, nil
}

// quantile of values, not below 0; 0 of none.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return max(0, values[int(share*float64(len(values)-1)+0.5)])
}
