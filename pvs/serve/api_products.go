package serve

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// productID is an address's part that names a product.
type idOfProduct struct {
	ID string `path:"id" minLength:"1" maxLength:"500" doc:"Id of the product, percent-encoded"`
}

type similarInput struct {
	ID       string   `path:"id" minLength:"1" maxLength:"500" doc:"Id of the product, percent-encoded"`
	K        int      `query:"k" minimum:"1" maximum:"200" default:"10" doc:"Products"`
	Category string   `query:"category" maxLength:"500" doc:"This category and those below it"`
	Filter   []string `query:"filter,explode" maxItems:"20" doc:"Column and value, as in colour=red"`
	MinScore float64  `query:"min_score" minimum:"-1" maximum:"1" default:"-1" doc:"Leave out what is below"`
	Explain  bool     `query:"explain" doc:"Tell the time of each stage"`
	Taught   string   `query:"taught" doc:"1: as clicks taught, 0: not; else where they help"`
}

type photosOutput struct {
	Body struct {
		Photos  []photoAnswer `json:"photos" nullable:"false"`
		Missing []string      `json:"missing,omitempty" doc:"Shards that did not answer: their photos are missing"`
	}
}

type categoriesOutput struct {
	Body struct {
		Categories []categoryAnswer `json:"categories" nullable:"false"`
		Missing    []string         `json:"missing,omitempty" doc:"Shards that did not answer: their photos are missing"`
	}
}

type categoryAnswer struct {
	Category string `json:"category" doc:"Names from the root, joined by ' > '"`
	Photos   int    `json:"photos" doc:"Of it and of those below it"`
}

type indexOutput struct{ Body indexAnswer }

type indexAnswer struct {
	Name       string  `json:"name"`
	State      uint64  `json:"state" doc:"Number of the state; it grows with each change"`
	Photos     int     `json:"photos"`
	Products   int     `json:"products"`
	Dim        int     `json:"dim" doc:"Values of a vector"`
	Network    string  `json:"network"`
	Cutoff     float64 `json:"cutoff" doc:"Least score of what is likely the same product; 0: not known"`
	Missed     float64 `json:"missed" doc:"Share of photos whose own product scored below the cutoff"`
	Mistaken   float64 `json:"mistaken" doc:"Share of photos whose nearest other product reached the cutoff"`
	RecallAt10 float64 `json:"recall_at_10" doc:"As calibrated; 0: not known"`

	Estimated bool     `json:"products_estimated,omitempty" doc:"Products are estimated, within some 1%"`
	Bounds    bool     `json:"bounds,omitempty" doc:"Mistaken is a bound, missed was measured in each shard by itself"`
	Missing   []string `json:"missing,omitempty" doc:"Shards that do not answer, as they were when they last did"`
}

func indexAnswerOf(i Info, missing []string) indexAnswer {
	return indexAnswer{Name: i.Name, State: i.State, Photos: i.Photos, Products: i.Products, Dim: i.Dim,
		Network: i.Network, Cutoff: i.Cutoff, Missed: i.Missed, Mistaken: i.Mistaken, RecallAt10: i.RecallAt10,
		Estimated: i.Estimated, Bounds: i.Bounds, Missing: missing}
}

func (s *Server) productRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "get-product", Method: http.MethodGet, Path: "/v1/products/{id}",
		Summary: "The photos of a product"}, func(ctx context.Context, in *idOfProduct) (*photosOutput, error) {
		v, err := s.view()
		if err != nil {
			return nil, s.problem(err)
		}
		defer v.end()
		photos, err := v.Product(ctx, in.ID)
		if err != nil {
			return nil, s.problem(err)
		}
		out := &photosOutput{}
		for _, p := range photos {
			out.Body.Photos = append(out.Body.Photos, photoAnswerOf(p))
		}
		out.Body.Missing = missingOf(v.Snapshot)
		return out, nil
	})
	huma.Register(api, huma.Operation{OperationID: "similar-products", Method: http.MethodGet,
		Path: "/v1/products/{id}/similar", Summary: "Products that look like a product",
		Description: "The mean of its photos' vectors is searched for."}, s.similarAPI)
	huma.Register(api, huma.Operation{OperationID: "list-categories", Method: http.MethodGet, Path: "/v1/categories",
		Summary: "All categories that have photos"}, func(ctx context.Context, _ *struct{}) (*categoriesOutput, error) {
		v, err := s.view()
		if err != nil {
			return nil, s.problem(err)
		}
		defer v.end()
		list, err := v.Categories(ctx)
		if err != nil {
			return nil, s.problem(err)
		}
		out := &categoriesOutput{}
		out.Body.Categories = []categoryAnswer{}
		for _, c := range list {
			out.Body.Categories = append(out.Body.Categories, categoryAnswer{c.Path, c.Photos})
		}
		out.Body.Missing = missingOf(v.Snapshot)
		return out, nil
	})
	huma.Register(api, huma.Operation{OperationID: "get-index", Method: http.MethodGet, Path: "/v1/index",
		Summary: "What the index holds"}, func(context.Context, *struct{}) (*indexOutput, error) {
		v, err := s.view()
		if err != nil {
			return nil, s.problem(err)
		}
		defer v.end()
		return &indexOutput{indexAnswerOf(v.Info(), missingOf(v.Snapshot))}, nil
	})
}

func (s *Server) similarAPI(ctx context.Context, in *similarInput) (*searchOutput, error) {
	fields, err := filters(in.Filter)
	if err != nil {
		return nil, s.problem(err)
	}
	v, err := s.view()
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	q := search{k: in.K, category: in.Category, fields: fields, taught: in.Taught}
	if in.MinScore != -1 {
		q.minScore = &in.MinScore
	}
	a, err := s.similar(ctx, v, in.ID, q)
	if err != nil {
		return nil, s.problem(err)
	}
	return &searchOutput{answerOf(a, in.Explain)}, nil
}
