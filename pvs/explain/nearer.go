package explain

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/rerank"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

// When photos are on the same ground, in other colours, or in the same pose.
const (
	sameGround  = 0.8  // Bhattacharyya coefficient of the grounds' colours
	oftenGround = 0.1  // of the index's photos gain as much on a plain ground; enough where the query then finds more, too
	otherColour = 0.2  // by which a twin's coefficient of colours is below the right photos'
	twinSlack   = 0.01 // cosine
	twinRise    = 0.05 // by which a twin's cosine rises more without colours than the right photos' do
	samePose    = 0.85 // overlap of the silhouettes
	poseGap     = 0.05 // by which it is above that of all right photos
	compared    = 4    // right and wrong photos whose colours are taken away
)

// findGrounds finds queries whose ground decides: on a plain ground of the index's median colour they lose their wrong
// results, against the right ones, as hardly a photo of the index does; or they lose some, and so many of these are on
// the query's ground as it is for hardly a photo of the index.
func (e *examination) findGrounds(ctx context.Context) error {
	t := flatten(e.ground)
	queries := e.missing()
	values, err := e.chances(ctx, "flattened index", t, shift.apart)
	if err != nil {
		return err
	}
	usual := chanceOf(values, oftenGround)
	grounds := e.groundsOf(values)
	shifts, err := e.treated(ctx, "flattened", t, queries)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for i, q := range queries {
		s := shifts[i]
		shared := grounds.shared(e.looks[e.Queries.IDs[q]], e.wrong(q))
		seldom := s.apart() > 0 && grounds.seldom(shared, s.apart())
		if !seldom && !usual.exceeded(s.apart(), s.recall > e.before[q]) {
			continue
		}
		after[q] = s.recall
		first := e.wrong(q)[0]
		if len(shared.rows) > 0 {
			first = shared.rows[0]
		}
		e.found(q, Found{Cause: Ground, Photo: e.photo(first), seen: seldom && grounds.striking(shared),
			Detail: fmt.Sprintf("on a plain ground its right photos gain %.3f on the wrong ones, chance brings %.3f; %d of "+
				"these are on a ground of its colours, of all photos that were looked at %d", s.apart(), usual.seldom,
				len(shared.rows), shared.all)}, s.recall)
	}
	e.cure(Ground, "on a plain ground", false, after)
	another, err := e.anotherPhoto(ctx, slices.Sorted(maps.Keys(after)))
	if err != nil {
		return err
	}
	e.cure(Ground, "another photo of it", false, another)
	return nil
}

// findTwins finds wrong results that, without colours, are as near as the product's own photos, and have other colours:
// by their histograms, or by what taking the colours away does.
func (e *examination) findTwins(ctx context.Context) error {
	var jobs []job
	for _, c := range e.cases {
		jobs = append(jobs, job{c.Query, grey})
		for _, row := range e.compared(c) {
			jobs = append(jobs, job{e.photo(row), grey})
		}
	}
	if err := e.workshop.embed(ctx, "grey", jobs); err != nil {
		return err
	}
	after := map[int]float64{}
	for _, c := range e.cases {
		if len(e.right[c.query]) == 0 {
			continue
		}
		own, q := e.workshop.vector(c.Query, grey), e.looks[c.Query]
		shape, rise, colour := float32(-1), float32(-1), 0.0 // of the right photos
		without := func(row int) (cosine, rise float32) {
			cosine = dot(own, e.workshop.vector(e.photo(row), grey))
			return cosine, cosine - dot(e.Queries.Row(c.query), e.Index.Row(row))
		}
		for _, row := range e.compared(c) {
			if e.right[c.query][row] {
				l := e.looks[e.photo(row)]
				s, r := without(row)
				shape, rise = max(shape, s), max(rise, r)
				colour = max(colour, coefficient(&q.colours, &l.colours))
			}
		}
		twins := map[int]bool{}
		first := -1
		for _, row := range e.compared(c) {
			l := e.looks[e.photo(row)]
			s, r := without(row)
			differs := coefficient(&q.colours, &l.colours) < colour-otherColour || r > rise+twinRise
			if e.right[c.query][row] || s < shape-twinSlack || !differs {
				continue
			}
			if first < 0 {
				first = row
			}
			twins[row] = true
			for _, other := range e.products[e.product(row)] {
				twins[other] = true
			}
		}
		if first < 0 {
			continue
		}
		recall := e.without(c.query, func(row int) bool { return twins[row] })
		if recall > c.Recall {
			after[c.query] = recall
			e.found(c.query, Found{Cause: Twin, Photo: e.photo(first), AtMost: true,
				Detail: fmt.Sprintf("without colours %s is as near as its own photos, and it has other colours",
					e.photo(first))}, recall)
		}
	}
	e.cure(Twin, "colours told apart", true, after)
	return nil
}

// compared are the first wrong and the nearest right rows of a case.
func (e *examination) compared(c *Case) []int {
	wrong := e.wrong(c.query)
	out := append([]int{}, wrong[:min(compared, len(wrong))]...)
	for _, id := range c.Right[:min(compared, len(c.Right))] {
		row, _ := e.exact.Row(id)
		out = append(out, row)
	}
	return out
}

// findPoses finds queries most of whose wrong results have their silhouette, which no right photo has.
func (e *examination) findPoses(context.Context) error {
	after := map[int]float64{}
	for _, c := range e.cases {
		q, best := e.looks[c.Query], 0.0
		for _, id := range c.Right {
			best = max(best, overlap(q.shape, e.looks[id].shape))
		}
		same, first := map[int]bool{}, -1
		wrong := e.wrong(c.query)
		for _, row := range wrong {
			if o := overlap(q.shape, e.looks[e.photo(row)].shape); o >= samePose && o > best+poseGap {
				if same[row] = true; first < 0 {
					first = row
				}
			}
		}
		if first < 0 || 2*len(same) < len(wrong) {
			continue
		}
		recall := e.without(c.query, func(row int) bool { return same[row] })
		after[c.query] = recall
		e.found(c.query, Found{Cause: Pose, Photo: e.photo(first), AtMost: true,
			Detail: fmt.Sprintf("%d of %d wrong results have its outline, and no right photo has", len(same), len(wrong))},
			recall)
	}
	e.cure(Pose, "poses told apart", true, after)
	return nil
}

// unlikeShare is the share of a product's photos that find each other below which they do not look alike.
const unlikeShare = 0.2

// findUnlike finds products whose photos do not find each other. What a network could bring at most that sees the query
// as it sees the product's photos on average: the search for their mean.
func (e *examination) findUnlike(ctx context.Context) error {
	queries := e.missing()
	alike, err := e.anotherPhoto(ctx, queries)
	if err != nil {
		return err
	}
	var unlike []int
	var data []float32
	for _, q := range queries {
		if share, ok := alike[q]; ok && share < unlikeShare {
			mean := make([]float32, e.Index.Dim)
			for _, row := range keys(e.right[q]) {
				for i, v := range e.Index.Row(row) {
					mean[i] += v
				}
			}
			unit(mean)
			unlike, data = append(unlike, q), append(data, mean...)
		}
	}
	if len(unlike) == 0 {
		return nil
	}
	hits, err := e.again(ctx, unlike, data)
	if err != nil {
		return err
	}
	after := map[int]float64{}
	for i, q := range unlike {
		after[q] = e.recall(q, rows(hits[i], 10))
		e.found(q, Found{Cause: Unlike, AtMost: true,
			Detail: fmt.Sprintf("each photo of its product has %.0f%% of the others among its ten nearest", 100*alike[q])},
			after[q])
	}
	e.cure(Unlike, "seen as the product's mean photo", true, after)
	return nil
}

// findNear finds right photos at ranks 11 to 50. What re-ranking them could bring at most: all of them in front.
func (e *examination) findNear(ctx context.Context) error {
	after := map[int]float64{}
	for _, c := range e.cases {
		near, within := 0, 0
		for _, rank := range c.Ranks {
			if rank > retrieval.K && rank <= shelf {
				near++
			}
			if rank > 0 && rank <= shelf {
				within++
			}
		}
		if near == 0 {
			continue
		}
		after[c.query] = float64(min(within, retrieval.K)) / float64(c.Relevant)
		stand := "right photos stand"
		if near == 1 {
			stand = "right photo stands"
		}
		e.found(c.query, Found{Cause: Near, AtMost: true,
			Detail: fmt.Sprintf("%d %s at ranks 11 to %d", near, stand, shelf)}, after[c.query])
	}
	e.cure(Near, fmt.Sprintf("the first %d in the best order", shelf), true, after)
	if len(after) == 0 {
		return nil
	}
	reranked, err := e.reranked(ctx)
	e.cure(Near, "re-ranked by shared neighbours", false, reranked)
	return err
}

// reranked is what all queries recall when their results are re-ranked: the cure is for all, and some lose by it.
func (e *examination) reranked(ctx context.Context) (map[int]float64, error) {
	hits, err := rerank.Reciprocal(ctx, e.Index, e.Queries, e.hits, retrieval.RerankOptions())
	if err != nil {
		return nil, err
	}
	after := map[int]float64{}
	for q, was := range e.before {
		if v := e.recall(q, rows(hits[q], retrieval.K)); v != was {
			after[q] = v
		}
	}
	return after, nil
}

// findOthers says whose photos are nearer: of the same category, or of others.
func (e *examination) findOthers(context.Context) error {
	after := map[Cause]map[int]float64{Kin: {}, Others: {}}
	for _, c := range e.cases {
		own := e.byID[c.Query].Category
		is := func(row int) bool { return own != "" && e.byID[e.photo(row)].Category == own }
		count := map[bool]int{}
		wrong := e.wrong(c.query)
		first := map[bool]int{true: -1, false: -1}
		for _, row := range wrong {
			if count[is(row)]++; first[is(row)] < 0 {
				first[is(row)] = row
			}
		}
		for cause, kin := range map[Cause]bool{Kin: true, Others: false} {
			if first[kin] < 0 || 2*count[kin] < len(wrong) {
				continue
			}
			recall := e.without(c.query, func(row int) bool { return !e.right[c.query][row] && is(row) == kin })
			after[cause][c.query] = recall
			whose := "its category"
			if !kin {
				whose = "other categories"
			}
			e.found(c.query, Found{Cause: cause, Photo: e.photo(first[kin]), AtMost: true,
				Detail: fmt.Sprintf("%d of %d wrong results are other products of %s", count[kin], len(wrong), whose)}, recall)
		}
		if len(wrong) == 0 { // the index has fewer photos than that
			after[Others][c.query] = c.Recall
			e.found(c.query, Found{Cause: Others, AtMost: true, Detail: "its right photos are not in the index"}, c.Recall)
		}
	}
	e.cure(Kin, "products of a category told apart", true, after[Kin])
	e.cure(Others, "categories told apart", true, after[Others])
	return nil
}
