package serve

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Endpoints by which a server that stands before several ones asks each (package shards).

// errOther is the answer to who takes this server's index or network for another.
var errOther = errors.New("the index here is another one, or of another network, than the one that is asked for")

// errNoShard is the answer of a server whose index is not one of several.
var errNoShard = errors.New("this server's index cannot be a shard: it has shards, or an engine, itself")

type shardInfoInput struct {
	Known string `header:"If-None-Match" maxLength:"200"`
}

type shardInfoOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   *ShardInfo
}

type shardPhotosInput struct {
	Index   string `query:"index" maxLength:"100" doc:"As GET /v1/shard said it; another one is refused"`
	ID      string `query:"id" maxLength:"500" doc:"Id of a photo"`
	Product string `query:"product" maxLength:"500" doc:"Id of a product, instead of a photo's"`
}

type shardIDsInput struct {
	Index string `query:"index" maxLength:"100" doc:"As GET /v1/shard said it; another one is refused"`
	After string `query:"after" maxLength:"500" doc:"Ids behind this one"`
	Limit int    `query:"limit" minimum:"1" maximum:"100000" default:"100000"`
}

type shardCropInput struct {
	Body struct {
		Index string `json:"index" maxLength:"100"`
		ID    string `json:"photo" minLength:"1" maxLength:"500"`
		Crop  string `json:"crop" maxLength:"100" doc:"left,top,width,height in shares, 0 to 1"`
	}
}

// shardPutForm is a photo's form with its vector.
type shardPutForm struct {
	Photo    huma.FormFile `form:"photo" doc:"The photo: JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF"`
	Product  string        `form:"product" required:"false" maxLength:"500" doc:"The product that it shows"`
	Category string        `form:"category" required:"false" maxLength:"500" doc:"Names joined by ' > '"`
	Title    string        `form:"title" required:"false" maxLength:"500" doc:"For people"`
	Field    []string      `form:"field" required:"false" maxItems:"20" doc:"Column and value, as in colour=red"`
	Vector   string        `form:"vector" maxLength:"200000" doc:"float32, little-endian, of length 1, in base64"`
	Index    string        `form:"index" maxLength:"100" doc:"As GET /v1/shard said it; another one is refused"`
}

type shardPutInput struct {
	ID string `path:"id" minLength:"1" maxLength:"500" doc:"Id of the photo, percent-encoded"`

	RawBody huma.MultipartFormFiles[shardPutForm]
}

// bodyOf is an answer with a body alone.
type bodyOf[T any] struct{ Body T }

func (s *Server) shardRoutes(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary,
			Tags: []string{"shards"}}
	}
	info := op("shard-info", http.MethodGet, "/v1/shard", "What the shard holds, of which network")
	info.Responses = map[string]*huma.Response{"304": {Description: "Not Modified"}}
	info.Errors = []int{400, 401, 403, 421, 422, 429, 500, 503}
	huma.Register(api, info, s.shardInfo)
	search := op("shard-search", http.MethodPost, "/v1/shard/search", "Products of the shard that are nearest to a vector")
	huma.Register(api, search, s.shardSearch)
	huma.Register(api, op("shard-photos", http.MethodGet, "/v1/shard/photos",
		"A photo, or the photos of a product, with vectors"), s.shardPhotos)
	huma.Register(api, op("shard-ids", http.MethodGet, "/v1/shard/ids", "The ids of the shard's photos"), s.shardIDs)
	huma.Register(api, op("shard-crop", http.MethodPost, "/v1/shard/crop", "The vector of a part of a photo"), s.shardCrop)
	put := op("shard-put", http.MethodPut, "/v1/shard/photos/{id}", "Add or replace a photo whose vector is known")
	put.DefaultStatus = http.StatusOK
	put.Responses = map[string]*huma.Response{"201": {Description: "Created"}}
	put.Errors = []int{400, 401, 403, 404, 409, 413, 415, 421, 422, 429, 500, 503, 507}
	huma.Register(api, put, s.shardPut)
}

// identity tells this index, and the network of its vectors, from others.
func (l *live) identity(i Info) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%d", i.ID, l.key, i.Dim)))
	return hex.EncodeToString(sum[:12])
}

// shardView takes a snapshot for someone who takes this index for a certain one; the caller ends it.
func (s *Server) shardView(index string) (*view, Shard, ShardOf, error) {
	v, err := s.view()
	if err != nil {
		return nil, nil, ShardOf{}, err
	}
	shard, ok := v.Snapshot.(Shard)
	if !ok {
		v.end()
		return nil, nil, ShardOf{}, errNoShard
	}
	info := shard.Info()
	of := ShardOf{v.identity(info), info.State}
	if index != of.Index && index != "" {
		v.end()
		return nil, nil, of, errOther
	}
	return v, shard, of, nil
}

func (s *Server) shardInfo(ctx context.Context, in *shardInfoInput) (*shardInfoOutput, error) {
	v, shard, of, err := s.shardView("")
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	i := shard.Info()
	out := &ShardInfo{ShardOf: of, Version: ShardVersion, Name: i.Name, Photos: i.Photos, Products: i.Products, Dim: i.Dim,
		Network: i.Network, Cutoff: i.Cutoff, Missed: i.Missed, Mistaken: i.Mistaken, RecallAt10: i.RecallAt10,
		Categories: []ShardCategory{}}
	if out.Origin, err = shownOrigin(v.batch.embedder.Origin()); err != nil {
		return nil, s.problem(err)
	}
	sketch, err := shard.Products(ctx)
	if err != nil {
		return nil, s.problem(err)
	}
	out.Sketch = sketch.Bytes()
	list, err := shard.Categories(ctx)
	if err != nil {
		return nil, s.problem(err)
	}
	h := sha256.New()
	h.Write(out.Sketch) // a hash's Write does not fail
	for _, c := range list {
		out.Categories = append(out.Categories, ShardCategory(c))
		fmt.Fprintf(h, "%s\n%d\n", c.Path, c.Photos)
	}
	short := *out
	short.Sketch, short.Categories = nil, nil
	fmt.Fprintf(h, "%+v", short)
	tag := strconv.Quote(hex.EncodeToString(h.Sum(nil)[:12]))
	if tag == in.Known {
		return &shardInfoOutput{Status: http.StatusNotModified, ETag: tag}, nil
	}
	return &shardInfoOutput{Status: http.StatusOK, ETag: tag, Body: out}, nil
}

// shownOrigin says what makes the vectors without the paths of this machine.
func shownOrigin(o vectors.Origin) (string, error) {
	o.Checkpoint, o.Catalog = "", ""
	if strings.ContainsAny(o.WeightsFrom, `./\`) {
		o.WeightsFrom = ""
	}
	text, err := vectors.MarshalOrigin(&o)
	return string(text), err
}

func (s *Server) shardSearch(ctx context.Context, in *bodyOf[ShardQuery]) (*bodyOf[ShardFound], error) {
	b := &in.Body
	v, shard, of, err := s.shardView(b.Index)
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	vector, err := VectorOf(b.Vector, shard.Info().Dim)
	if err != nil {
		return nil, s.problem(requestError{err})
	}
	q := Query{Vector: vector, K: b.K, Category: b.Category, Fields: b.Fields, MinScore: b.MinScore, Exclude: b.Exclude,
		Exact: b.Exact}
	out := &bodyOf[ShardFound]{ShardFound{ShardOf: of, Products: []ShardHit{}}}
	found, err := shard.Search(ctx, q)
	if errors.Is(err, ErrNoCategory) || errors.Is(err, ErrNoField) {
		out.Body.Unknown, err = unknownIn(ctx, shard, q)
		if err != nil {
			return nil, s.problem(err)
		}
		return out, nil
	}
	if err != nil {
		return nil, s.problem(err)
	}
	out.Body.Candidates = found.Candidates
	for _, h := range found.Products {
		out.Body.Products = append(out.Body.Products, ShardHit{shardPhotoOf(h.Photo), h.Score})
	}
	s.metrics.stagesOf(found.Stages)
	return out, nil
}

// UnknownCategory and UnknownField are what [ShardFound.Unknown] names.
const UnknownCategory, UnknownField = "category", "field "

// unknownIn says which filters of a query the shard does not know, each asked for by itself.
func unknownIn(ctx context.Context, shard Shard, q Query) (list []string, err error) {
	ask := func(name, category string, fields map[string]string, is error) error {
		_, err := shard.Search(ctx, Query{Vector: q.Vector, K: 1, Category: category, Fields: fields})
		if errors.Is(err, is) {
			list = append(list, name)
			return nil
		}
		return err
	}
	if q.Category != "" {
		if err := ask(UnknownCategory, q.Category, nil, ErrNoCategory); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q.Fields)) {
		if err := ask(UnknownField+name, "", map[string]string{name: q.Fields[name]}, ErrNoField); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Server) shardPhotos(ctx context.Context, in *shardPhotosInput) (*bodyOf[ShardPhotos], error) {
	if (in.ID == "") == (in.Product == "") {
		return nil, s.problem(wrong("say either a photo's id or a product's"))
	}
	v, shard, of, err := s.shardView(in.Index)
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	var photos []Photo
	if in.ID != "" {
		photos = make([]Photo, 1)
		photos[0], err = shard.Photo(ctx, in.ID)
	} else {
		photos, err = shard.Product(ctx, in.Product)
	}
	if err != nil {
		return nil, s.problem(err)
	}
	out := &bodyOf[ShardPhotos]{ShardPhotos{ShardOf: of, Photos: []ShardVector{}}}
	for _, p := range photos {
		vector, err := shard.Vector(ctx, p.ID)
		if err != nil {
			return nil, s.problem(err)
		}
		out.Body.Photos = append(out.Body.Photos, ShardVector{shardPhotoOf(p), VectorBytes(vector)})
	}
	return out, nil
}

func (s *Server) shardIDs(ctx context.Context, in *shardIDsInput) (*bodyOf[ShardIDs], error) {
	v, shard, of, err := s.shardView(in.Index)
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	ids, err := shard.IDs(ctx, in.After, in.Limit)
	if err != nil {
		return nil, s.problem(err)
	}
	if ids == nil {
		ids = []string{}
	}
	return &bodyOf[ShardIDs]{ShardIDs{of, ids}}, nil
}

func (s *Server) shardCrop(ctx context.Context, in *shardCropInput) (*bodyOf[ShardCrop], error) {
	crop, err := ParseCrop(in.Body.Crop)
	if err != nil {
		return nil, s.problem(requestError{err})
	}
	v, _, of, err := s.shardView(in.Body.Index)
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	a := &answer{}
	if err := s.vectorOf(ctx, v, &search{id: in.Body.ID, crop: crop}, a, &stages{}); err != nil {
		return nil, s.problem(err)
	}
	return &bodyOf[ShardCrop]{ShardCrop{of, VectorBytes(a.vector)}}, nil
}

func (s *Server) shardPut(ctx context.Context, in *shardPutInput) (*photoOutput, error) {
	f := in.RawBody.Data()
	p, data, err := s.photoIn(in.ID, &photoForm{f.Photo, f.Product, f.Category, f.Title, f.Field}, in.RawBody.Form)
	if err != nil {
		return nil, s.problem(err)
	}
	v, shard, _, err := s.shardView(f.Index)
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	raw, err := base64.StdEncoding.DecodeString(f.Vector)
	if err != nil {
		return nil, s.problem(wrong("the vector is not in base64"))
	}
	vector, err := VectorOf(raw, shard.Info().Dim)
	if err != nil {
		return nil, s.problem(requestError{err})
	}
	created, err := s.keep(ctx, v.live, p, vector, data)
	return s.putOutput(p, created, err)
}
