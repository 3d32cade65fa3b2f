package weaviate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// mostObjects is how many photos Weaviate looks at for a search (QUERY_MAXIMUM_RESULTS).
const mostObjects = 10_000

// Names of what every photo has beside the catalogue's columns.
const byProduct, byTitle = "product", "title"

// Search asks for the nearest photos, grouped by product, of as many as it takes to find k.
func (s *snapshot) Search(ctx context.Context, q serve.Query) (serve.Found, error) {
	if q.Exact {
		return serve.Found{}, serve.Unacceptable(errors.New("an engine compares no query with all vectors: leave out exact"))
	}
	if err := s.known(ctx, q); err != nil {
		return serve.Found{}, err
	}
	begun := time.Now()
	var hits []serve.Hit
	for limit := max(100, 4*q.K); ; limit *= 4 {
		limit = min(limit, mostObjects)
		var err error
		if hits, err = s.nearest(ctx, q, limit); err != nil {
			return serve.Found{}, err
		}
		if len(hits) >= q.K || limit >= s.about.Photos || limit == mostObjects {
			break
		}
	}
	slices.SortFunc(hits, func(a, b serve.Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Photo.ID, b.Photo.ID))
	})
	if q.MinScore != nil {
		hits = slices.DeleteFunc(hits, func(h serve.Hit) bool { return h.Score < *q.MinScore })
	}
	return serve.Found{Products: hits[:min(q.K, len(hits))],
		Stages: []serve.Stage{{Name: "engine", Took: time.Since(begun)}}}, nil
}

// known makes sure that filters name what there is, as an index does.
func (s *snapshot) known(ctx context.Context, q serve.Query) error {
	is := func(c serve.Category) bool { return c.Path == q.Category }
	if q.Category != "" && !slices.ContainsFunc(s.about.Categories, is) {
		return tag.Error(fmt.Errorf("there is no category %q", q.Category), serve.ErrNoCategory)
	}
	for name, value := range q.Fields {
		known := name == byTitle || slices.Contains(s.about.Fields, name)
		if name == byProduct {
			_, err := s.Product(ctx, value)
			if known = err == nil; err != nil && !errors.Is(err, serve.ErrNoProduct) {
				return err
			}
		}
		if !known {
			return tag.Error(errors.New("a filter names a column or a value that no photo has"), serve.ErrNoField)
		}
	}
	return nil
}

// columns are what is asked of a photo.
const columns = "photo product category title path digest fields"

// nearest asks once.
func (s *snapshot) nearest(ctx context.Context, q serve.Query, limit int) ([]serve.Hit, error) {
	near := "vector: " + text(q.Vector)
	if q.MinScore != nil { // a little less than that, for rounding
		near += fmt.Sprintf(", distance: %g", 1-*q.MinScore+1e-4)
	}
	args := fmt.Sprintf("nearVector: {%s}, limit: %d, groupBy: {path: [\"thing\"], groups: %d, objectsPerGroup: 1}", near,
		limit, q.K)
	if where := whereOf(q); where != "" {
		args += ", where: " + where
	}
	var list []struct {
		Additional struct {
			Group struct {
				Hits []struct {
					values
					Additional struct{ Distance float64 } `json:"_additional"`
				}
			}
		} `json:"_additional"`
	}
	err := s.get(ctx, args, "_additional { group { hits { "+columns+" _additional { distance } } } }", &list)
	if err != nil {
		return nil, err
	}
	var hits []serve.Hit
	for _, g := range list {
		if len(g.Additional.Group.Hits) == 0 {
			continue
		}
		h := g.Additional.Group.Hits[0]
		p, err := h.values.photo()
		if err != nil {
			return nil, err
		}
		hit := serve.Hit{Photo: p, Score: 1 - h.Additional.Distance}
		if p.ID == "" || math.IsNaN(hit.Score) || math.Abs(hit.Score) > 1.01 {
			return nil, unavailable("the engine at %s gives an answer that cannot be: a photo %q with the score %g",
				s.x.e.Name(), p.ID, hit.Score)
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

// get asks for photos by GraphQL.
func (s *snapshot) get(ctx context.Context, args, fields string, into any) error {
	e := s.x.e
	var answer struct {
		Data   struct{ Get map[string]json.RawMessage }
		Errors []struct{ Message string }
	}
	err := e.ask(ctx, e.opts.Timeout, http.MethodPost, "/v1/graphql", nil,
		map[string]string{"query": fmt.Sprintf("{ Get { %s(%s) { %s } } }", e.opts.Class, args, fields)}, &answer)
	if err != nil {
		return e.refused(err)
	}
	if len(answer.Errors) > 0 {
		return unavailable("the engine at %s does not answer a search: %s", e.Name(), oneLine(answer.Errors[0].Message))
	}
	if err := json.Unmarshal(answer.Data.Get[e.opts.Class], into); err != nil {
		return unavailable("the engine at %s gives an answer that cannot be read: %v", e.Name(), err)
	}
	return nil
}

// text writes a value as GraphQL takes it: texts and numbers are written as in JSON.
func text(v any) string {
	data, _ := json.Marshal(v) // texts and lists of numbers
	return string(data)
}

// whereOf is a query's filters; "": none.
func whereOf(q serve.Query) string {
	var all []string
	is := func(path, operator, value string) {
		all = append(all, fmt.Sprintf("{path: [%q], operator: %s, valueText: %s}", path, operator, text(value)))
	}
	if q.Category != "" {
		is("within", "Equal", q.Category)
	}
	for _, name := range slices.Sorted(maps.Keys(q.Fields)) {
		switch name {
		case byProduct, byTitle:
			is(name, "Equal", q.Fields[name])
		default:
			is("fields", "Equal", fieldOf(name, q.Fields[name]))
		}
	}
	for _, product := range q.Exclude {
		is("thing", "NotEqual", thingOf(serve.Photo{Product: product}))
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	return "{operator: And, operands: [" + strings.Join(all, ", ") + "]}"
}

// Product lists a product's photos by their ids.
func (s *snapshot) Product(ctx context.Context, product string) ([]serve.Photo, error) {
	var got []values
	args := fmt.Sprintf("limit: %d, where: {path: [\"product\"], operator: Equal, valueText: %s}", mostObjects,
		text(product))
	if err := s.get(ctx, args, columns, &got); err != nil {
		return nil, err
	}
	var list []serve.Photo
	for i := range got {
		p, err := got[i].photo()
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	if len(list) == 0 || product == "" {
		return nil, tag.Error(fmt.Errorf("there is no product %q", product), serve.ErrNoProduct)
	}
	slices.SortFunc(list, func(a, b serve.Photo) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}
