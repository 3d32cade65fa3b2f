package serve

import (
	"context"
	"mime/multipart"
	"net/http"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// defaultK is how many products are found if nobody says.
const defaultK = 10

// searchForm is the form of POST /v1/search.
type searchForm struct {
	Photo    huma.FormFile `form:"photo" required:"false" doc:"The photo: JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF"`
	ID       string        `form:"id" required:"false" maxLength:"500" doc:"Id of a photo, instead of a photo"`
	K        int           `form:"k" required:"false" minimum:"1" maximum:"200" doc:"Products; 10 if not given"`
	Category string        `form:"category" required:"false" maxLength:"500" doc:"This category and those below it"`
	Filter   []string      `form:"filter" required:"false" maxItems:"20" doc:"Column and value, as in colour=red"`
	Crop     string        `form:"crop" required:"false" maxLength:"100" doc:"left,top,width,height in shares, 0 to 1"`
	MinScore float64       `form:"min_score" required:"false" minimum:"-1" maximum:"1" doc:"Leave out what is below"`
	Positive []string      `form:"positive" required:"false" maxItems:"20" doc:"Ids of photos to be more like"`
	Negative []string      `form:"negative" required:"false" maxItems:"20" doc:"Ids of photos to be less like"`
	Explain  bool          `form:"explain" required:"false" doc:"Tell the time of each stage"`
	Exact    bool          `form:"exact" required:"false" doc:"Compare with all vectors, not with candidates"`
	Taught   string        `form:"taught" required:"false" doc:"1: as clicks taught, 0: not; else where they help"`
}

// batchForm is the form of POST /v1/search/batch.
type batchForm struct {
	Photo    []huma.FormFile `form:"photo" required:"false" doc:"The photos"`
	ID       []string        `form:"id" required:"false" maxItems:"64" doc:"Ids of photos, answered after the photos"`
	K        int             `form:"k" required:"false" minimum:"1" maximum:"200" doc:"Products each; 10 if not given"`
	Category string          `form:"category" required:"false" maxLength:"500" doc:"This category and those below it"`
	Filter   []string        `form:"filter" required:"false" maxItems:"20" doc:"Column and value, as in colour=red"`
	MinScore float64         `form:"min_score" required:"false" minimum:"-1" maximum:"1" doc:"Leave out what is below"`
	Explain  bool            `form:"explain" required:"false" doc:"Tell the time of each stage"`
	Exact    bool            `form:"exact" required:"false" doc:"Compare with all vectors, not with candidates"`
	Taught   string          `form:"taught" required:"false" doc:"1: as clicks taught, 0: not; else where they help"`
}

type searchOutput struct{ Body searchAnswer }

type batchOutput struct {
	Body struct {
		Answers []batchItem `json:"answers" nullable:"false" doc:"One for each photo, then one for each id"`
	}
}

// batchItem has an answer or an error.
type batchItem struct {
	Item   string           `json:"item" doc:"The file's name as it was sent, or the id"`
	Answer *searchAnswer    `json:"answer,omitempty"`
	Error  *huma.ErrorModel `json:"error,omitempty"`
}

func (s *Server) searchRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "search", Method: http.MethodPost, Path: "/v1/search",
		Summary: "Products that a photo shows", Description: "For a photo, or for one of the index by its id " +
			"(then its own product is left out), or for what positive photos have in common."}, s.searchAPI)
	huma.Register(api, huma.Operation{OperationID: "search-batch", Method: http.MethodPost, Path: "/v1/search/batch",
		Summary: "Products that several photos show", Description: "At most 64 photos and ids. Each has an answer " +
			"or an error of its own; all answers are of one state of the index."}, s.batchAPI)
}

// formOf is a form as it was sent, with what it holds as typed values.
type formOf[T any] struct {
	RawBody huma.MultipartFormFiles[T]
}

// first is the photo that was sent under a name; nil: none.
func first(form *multipart.Form, name string) ([]byte, error) {
	if form == nil || len(form.File[name]) == 0 {
		return nil, nil
	}
	return bytesOf(form.File[name][0])
}

// minScore is the least score, if one was sent.
func minScore(form *multipart.Form, value float64) *float64 {
	if form == nil || len(form.Value["min_score"]) == 0 || form.Value["min_score"][0] == "" {
		return nil
	}
	return &value
}

func orDefault(k int) int {
	if k == 0 {
		return defaultK
	}
	return k
}

func (s *Server) searchAPI(ctx context.Context, in *formOf[searchForm]) (*searchOutput, error) {
	f := in.RawBody.Data()
	fields, err := filters(f.Filter)
	if err != nil {
		return nil, s.problem(err)
	}
	crop, err := ParseCrop(f.Crop)
	if err != nil {
		return nil, s.problem(requestError{err})
	}
	photo, err := first(in.RawBody.Form, "photo")
	if err != nil {
		return nil, s.problem(err)
	}
	v, err := s.view()
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	a, err := s.find(ctx, v, search{photo: photo, id: f.ID, crop: crop, k: orDefault(f.K), category: f.Category,
		fields: fields, minScore: minScore(in.RawBody.Form, f.MinScore), more: f.Positive, less: f.Negative, exact: f.Exact,
		taught: f.Taught})
	if err != nil {
		return nil, s.problem(err)
	}
	return &searchOutput{answerOf(a, f.Explain)}, nil
}

func (s *Server) batchAPI(ctx context.Context, in *formOf[batchForm]) (*batchOutput, error) {
	f, form := in.RawBody.Data(), in.RawBody.Form
	fields, err := filters(f.Filter)
	if err != nil {
		return nil, s.problem(err)
	}
	files := form.File["photo"]
	switch n := len(files) + len(f.ID); {
	case n == 0:
		return nil, s.problem(wrong("there is nothing to search for: send photos, or ids of photos"))
	case n > maxBatch:
		return nil, s.problem(wrong("%d photos and ids are too many; %d are the most", n, maxBatch))
	}
	v, err := s.view()
	if err != nil {
		return nil, s.problem(err)
	}
	defer v.end()
	one := search{k: orDefault(f.K), category: f.Category, fields: fields, minScore: minScore(form, f.MinScore),
		exact: f.Exact, taught: f.Taught}
	out := &batchOutput{}
	out.Body.Answers = make([]batchItem, len(files)+len(f.ID))
	// As many at a time as can be worked on: a batch takes no more of the queue than that.
	turn := make(chan struct{}, s.opts.Slots)
	var all sync.WaitGroup
	for i := range out.Body.Answers {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			out.Body.Answers[i] = s.batchItem(ctx, v, one, files, f.ID, i, f.Explain)
		})
	}
	all.Wait()
	return out, nil
}

// findSafely is find in a goroutine of its own.
func (s *Server) findSafely(ctx context.Context, v *view, q search) (a *answer, err error) {
	defer rescue(&err, "a search")
	return s.find(ctx, v, q)
}

// batchItem answers the i-th of the photos and ids.
func (s *Server) batchItem(ctx context.Context, v *view, q search, files []*multipart.FileHeader, ids []string, i int,
	explain bool) batchItem {
	item := batchItem{}
	var err error
	if i < len(files) {
		item.Item = files[i].Filename
		q.photo, err = bytesOf(files[i])
	} else {
		item.Item = ids[i-len(files)]
		q.id = item.Item
	}
	var a *answer
	if err == nil {
		a, err = s.findSafely(ctx, v, q)
	}
	if err != nil {
		status, detail := s.statusOf(err)
		item.Error = &huma.ErrorModel{Title: title(status), Status: status, Detail: detail}
		return item
	}
	short := answerOf(a, explain)
	item.Answer = &short
	return item
}

// number reads a number of a page's address; what is none is the usual one.
func number(text string, usual int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return usual
	}
	return n
}
