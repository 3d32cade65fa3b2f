package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// turns are the ways back for a photo that lies on its side or stands on its head.
var turns = []treatment{turn(1), turn(2), turn(3)}

// oftenTurned is the share of the photos of the index that turning brings as near, where the query finds more, too. It
// is small: of three turns one helps most photos that miss a little.
const oftenTurned = 0.02

// findTurned turns queries. One is called turned if it then comes nearer to its right photos than hardly a photo of the
// index does that is turned.
func (e *examination) findTurned(ctx context.Context) error {
	queries := e.missing()
	best := make([]shift, len(queries))
	way := make([]treatment, len(queries))
	var most []float64 // of the index's photos
	for k, t := range turns {
		values, err := e.chances(ctx, t.name+" index", t, shift.nearer)
		if err != nil {
			return err
		}
		shifts, err := e.treated(ctx, t.name, t, queries)
		if err != nil {
			return err
		}
		if k == 0 {
			most = make([]float64, len(values))
		}
		for i, v := range values {
			if k == 0 || v > most[i] {
				most[i] = v
			}
		}
		for i, s := range shifts {
			if k == 0 || s.own > best[i].own {
				best[i], way[i] = s, t
			}
		}
	}
	usual := chanceOf(most, oftenTurned)
	after := map[int]float64{}
	for i, q := range queries {
		s := best[i]
		if usual.exceeded(s.own, s.recall > e.before[q]) {
			after[q] = s.recall
			e.found(q, Found{Cause: Turned, Photo: e.of[q].Right[0], Detail: fmt.Sprintf("%s degrees counter-clockwise it "+
				"is nearer to its right photos by %.3f; chance brings %.3f", way[i].name, s.own, usual.seldom)}, s.recall)
		}
	}
	e.cure(Turned, "the photo turned back", false, after)
	return nil
}

// Lengths of the product as shares of the photo's longer side.
const (
	littleFill = 0.6  // below which a crop is tried
	tinyFill   = 0.35 // below which it is the cause unless it does harm
)

// findLittle crops queries to their product where it is small in the frame. One is called lost in its frame if it is
// tiny there and comes nearer to its right photos, or if it comes nearer than hardly a photo of the index does that is
// cropped.
func (e *examination) findLittle(ctx context.Context) error {
	var queries []int
	for _, c := range e.cases {
		if e.looks[c.Query].fill < littleFill {
			queries = append(queries, c.query)
		}
	}
	if len(queries) == 0 {
		return nil
	}
	values, err := e.chances(ctx, "cropped index", crop, shift.nearer)
	if err != nil {
		return err
	}
	usual := chanceOf(values, extreme)
	shifts, err := e.treated(ctx, "cropped", crop, queries)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for i, q := range queries {
		s, l := shifts[i], e.looks[e.Queries.IDs[q]]
		sure := l.fill < tinyFill && s.own > 0 && s.recall >= e.before[q]
		if sure || s.own > usual.seldom {
			after[q] = s.recall
			detail := fmt.Sprintf("the product is %.0f%% as long as the photo; cropped it is nearer to its right photos by %.3f",
				100*l.fill, s.own)
			if s.own > usual.seldom {
				detail += fmt.Sprintf("; chance brings %.3f", usual.seldom)
			}
			e.found(q, Found{Cause: Little, Detail: detail, seen: true}, s.recall)
		}
	}
	e.cure(Little, "the photo cropped", false, after)
	return nil
}

// What may be cut.
const (
	cutLeast  = 0.03 // of the edge is not ground
	partShare = 0.6  // of a right photo's sides
	// cutExtreme is the share of the index's photos that are as suspicious: many are a little cut.
	cutExtreme = 0.05
)

// parts are the corners and the middle of a photo.
var parts = []treatment{part(0, 0), part(1, 0), part(0, 1), part(1, 1), part(0.5, 0.5)}

// part is a piece of a photo, partShare of its sides, at a place from 0 to 1.
func part(x, y float64) treatment {
	return treatment{fmt.Sprintf("part at %g %g", x, y), func(p *imageprep.RGB) *imageprep.RGB {
		w, h := max(1, int(partShare*float64(p.Width))), max(1, int(partShare*float64(p.Height)))
		x0, y0 := int(math.Round(x*float64(p.Width-w))), int(math.Round(y*float64(p.Height-h)))
		out := imageprep.NewRGB(w, h)
		for v := range h {
			copy(out.Pix[3*v*w:][:3*w], p.Pix[3*((y0+v)*p.Width+x0):])
		}
		return out
	}}
}

// findCut finds queries that touch two neighbouring sides of the photo as hardly a photo of the index does; those to
// which a part of a right photo is nearer than any whole one, by more than it is for photos of the index; and those
// that touch more of their edge than these, where another photo of the product finds more.
func (e *examination) findCut(ctx context.Context) error {
	var queries []int
	for _, c := range e.cases {
		if l := e.looks[c.Query]; l.cut > cutLeast || e.cornered(l) {
			queries = append(queries, c.query)
		}
	}
	if len(queries) == 0 {
		return nil
	}
	parts, limit, err := e.nearestParts(ctx, queries)
	if err != nil {
		return err
	}
	another, err := e.anotherPhoto(ctx, queries)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for i, q := range queries {
		l, p := e.looks[e.Queries.IDs[q]], parts[i]
		recall, ok := another[q]
		if !ok {
			recall = e.before[q]
		}
		f := Found{Cause: Cut, seen: e.cornered(l)}
		switch {
		case f.seen:
			f.Detail = fmt.Sprintf("it touches two neighbouring sides of its photo, %.0f%% of each or more; 99 of 100 of the "+
				"index's photos touch less than %.0f%%", 100*l.corner, 100*max(cutLeast, e.cornerHigh))
		case p.row >= 0 && (p.gain > limit || l.cut >= e.cutHigh && recall > e.before[q]):
			f.Photo = e.photo(p.row)
			f.Detail = fmt.Sprintf("it touches %.0f%% of its edge, and a part of %s is nearer than all of it by %.3f; chance "+
				"brings %.3f", 100*l.cut, f.Photo, p.gain, limit)
		default:
			continue
		}
		after[q] = recall
		e.found(q, f, recall)
	}
	e.cure(Cut, "another photo of it", false, after)
	return nil
}

// cornered says whether a photo's product touches two neighbouring sides, and hardly one of the index does as much.
func (e *examination) cornered(l look) bool { return l.corner > max(cutLeast, e.cornerHigh) }

// nearestPart is by how much a part of one of some rows is nearer to a vector than all whole ones, and whose; -1: there
// is no row.
type nearestPart struct {
	gain float64
	row  int
}

// nearestParts are those of the right photos of queries, and what chance brings.
func (e *examination) nearestParts(ctx context.Context, queries []int) ([]nearestPart, float64, error) {
	if err := e.sample(ctx); err != nil {
		return nil, 0, err
	}
	var jobs []job
	add := func(rows []int) {
		for _, row := range rows[:min(compared, len(rows))] {
			for _, t := range parts {
				jobs = append(jobs, job{e.photo(row), t})
			}
		}
	}
	for _, q := range queries {
		add(e.nearestRight(q))
	}
	const few = 64 // each needs 20 parts of others
	sample := e.asked[:min(few, len(e.asked))]
	for _, a := range sample {
		add(a.right)
	}
	if err := e.workshop.embed(ctx, "parts", jobs); err != nil {
		return nil, 0, err
	}
	of := func(v []float32, rows []int) nearestPart {
		whole, part, at := float32(-1), float32(-1), -1
		for _, row := range rows[:min(compared, len(rows))] {
			whole = max(whole, dot(v, e.Index.Row(row)))
			for _, t := range parts {
				if s := dot(v, e.workshop.vector(e.photo(row), t)); s > part {
					part, at = s, row
				}
			}
		}
		return nearestPart{float64(part - whole), at}
	}
	var values []float64
	for _, a := range sample {
		values = append(values, of(e.Index.Row(a.row), a.right).gain)
	}
	found := make([]nearestPart, len(queries))
	for i, q := range queries {
		found[i] = of(e.Queries.Row(q), e.nearestRight(q))
	}
	return found, quantile(values, 1-cutExtreme), nil
}

// nearestRight are the right rows of a query, nearest first.
func (e *examination) nearestRight(q int) []int {
	var out []int
	for _, id := range e.of[q].Right {
		row, _ := e.exact.Row(id)
		out = append(out, row)
	}
	return out
}
