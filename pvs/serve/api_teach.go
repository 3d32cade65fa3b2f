package serve

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/teach"
)

// clickForm is the form of POST /v1/teach/pairs.
type clickForm struct {
	Photo huma.FormFile `form:"photo" required:"false" doc:"The photo that was searched for"`
	ID    string        `form:"id" required:"false" maxLength:"500" doc:"Id of a photo of the index, instead of a photo"`
	Crop  string        `form:"crop" required:"false" maxLength:"100" doc:"left,top,width,height in shares, 0 to 1"`
	Found string        `form:"found" minLength:"1" maxLength:"500" doc:"Id of the photo that was found"`
	Same  bool          `form:"same" doc:"Whether both show the same product"`
	Who   string        `form:"who" required:"false" maxLength:"80" doc:"Who says so"`
}

type clickAnswer struct {
	ID    string    `json:"id"`
	Photo string    `json:"photo" doc:"Id of the photo that was searched for; empty: it was sent, its vector is kept"`
	Found string    `json:"found" doc:"Id of the photo that was found"`
	Same  bool      `json:"same" doc:"Whether both show the same product"`
	Who   string    `json:"who"`
	When  time.Time `json:"when"`
	Index string    `json:"index" doc:"Network that made the vectors which were searched"`
}

func clickAnswerOf(c teach.Click) clickAnswer {
	return clickAnswer{ID: c.ID, Photo: c.Query.Photo, Found: c.Found.Photo, Same: c.Same, Who: c.Who, When: c.When,
		Index: c.Index.String()}
}

type clickOutput struct{ Body clickAnswer }

type undoInput struct {
	ID  string `path:"id" minLength:"1" maxLength:"80" doc:"Id of the click"`
	Who string `query:"who" maxLength:"80" doc:"Who takes it back"`
}

type teachOutput struct {
	Body struct {
		Clicks  []clickAnswer `json:"clicks" nullable:"false" doc:"That were not taken back, oldest first"`
		State   int           `json:"state" doc:"Of the clicks: it grows with each, and with each that is taken back"`
		Fitting bool          `json:"fitting" doc:"Whether a fit to the clicks as they are now is still to come"`
		Fit     *fitAnswer    `json:"fit,omitempty" doc:"The last fit; none: there is none for the network that answers"`
	}
}

// fitAnswer is what a fit is worth.
type fitAnswer struct {
	State    int            `json:"state" doc:"Of the clicks that it was made of"`
	Clicks   int            `json:"clicks" doc:"That it was made of"`
	Queries  int            `json:"queries" doc:"Photos that were searched for, in them"`
	LeftOut  int            `json:"left_out" doc:"Clicks of another network, or of photos that are gone or were replaced"`
	Verdict  string         `json:"verdict" enum:"too few,helps,not shown,harms"`
	Says     string         `json:"says" doc:"The verdict in a sentence"`
	Applied  bool           `json:"applied" doc:"Whether searches that do not say so are made by it"`
	Held     *compareAnswer `json:"held_out_photos,omitempty" doc:"MRR of products by photos that a fit does not know"`
	HeldOut  *compareAnswer `json:"held_out_clicks,omitempty" doc:"How clicks stand by a fit without them"`
	Others   *compareAnswer `json:"others,omitempty" doc:"MAR@10 of photos of products that were not clicked on"`
	Seconds  float64        `json:"seconds"`
	Failed   string         `json:"failed,omitempty" doc:"Why there is no fit"`
	LeftText string         `json:"left_out_because,omitempty"`
}

type compareAnswer struct {
	Queries    int     `json:"queries"`
	Before     float64 `json:"before"`
	After      float64 `json:"after"`
	Difference float64 `json:"difference"`
	Low        float64 `json:"low" doc:"Of the 95% interval of the difference"`
	High       float64 `json:"high"`
}

func compareAnswerOf(c *evaluate.Comparison) *compareAnswer {
	if c == nil {
		return nil
	}
	return &compareAnswer{Queries: c.Queries, Before: c.A, After: c.B, Difference: c.Value, Low: c.Low, High: c.High}
}

func fitAnswerOf(f fitted) *fitAnswer {
	r := f.report
	a := &fitAnswer{State: f.lines, Clicks: r.Clicks, Queries: r.Queries, LeftOut: r.LeftOut.Total(),
		LeftText: r.LeftOut.String(), Verdict: string(r.Verdict), Says: r.String(),
		Applied: f.metric != nil && r.Verdict == teach.Helps, Held: compareAnswerOf(r.Photos),
		HeldOut: compareAnswerOf(r.HeldOut), Others: compareAnswerOf(r.Others), Seconds: r.Seconds, Failed: f.failed}
	if f.failed != "" {
		a.Verdict, a.Says = string(teach.Few), f.failed
	}
	return a
}

// teachRoutes are there where clicks are kept.
func (s *Server) teachRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "add-click", Method: http.MethodPost, Path: "/v1/teach/pairs",
		Summary: "Say that a photo and one that was found show the same product, or that they do not",
		Description: "When it is answered the click outlasts a crash. Of several on the same two photos the last counts. " +
			"Searches are made by it after the next fit, which begins now.",
		DefaultStatus: http.StatusCreated}, s.clickAPI)
	huma.Register(api, huma.Operation{OperationID: "take-back-click", Method: http.MethodDelete,
		Path: "/v1/teach/pairs/{id}", Summary: "Take a click back", DefaultStatus: http.StatusNoContent},
		func(_ context.Context, in *undoInput) (*struct{}, error) {
			if err := s.undo(in.ID, in.Who); err != nil {
				return nil, s.problem(err)
			}
			return nil, nil
		})
	huma.Register(api, huma.Operation{OperationID: "get-clicks", Method: http.MethodGet, Path: "/v1/teach",
		Summary: "The clicks, and whether they help"}, func(context.Context, *struct{}) (*teachOutput, error) {
		l, err := s.hold()
		if err != nil {
			return nil, s.problem(err)
		}
		defer l.release()
		out := &teachOutput{}
		state := s.opts.Clicks.State()
		out.Body.State, out.Body.Clicks = state.Lines, []clickAnswer{}
		for _, c := range state.Clicks {
			out.Body.Clicks = append(out.Body.Clicks, clickAnswerOf(c))
		}
		f, is, fitting := s.teaching.now(l)
		if out.Body.Fitting = fitting; is {
			out.Body.Fit = fitAnswerOf(f)
		}
		return out, nil
	})
}

func (s *Server) clickAPI(ctx context.Context, in *formOf[clickForm]) (*clickOutput, error) {
	f := in.RawBody.Data()
	photo, err := first(in.RawBody.Form, "photo")
	if err != nil {
		return nil, s.problem(err)
	}
	crop, err := ParseCrop(f.Crop)
	if err != nil {
		return nil, s.problem(requestError{err})
	}
	c, err := s.click(ctx, search{photo: photo, id: f.ID, crop: crop, k: 1}, f.Found, f.Same, f.Who)
	if err != nil {
		return nil, s.problem(err)
	}
	return &clickOutput{clickAnswerOf(c)}, nil
}

// click keeps what somebody says of what was searched for and of a photo that was found.
func (s *Server) click(ctx context.Context, q search, found string, same bool, who string) (teach.Click, error) {
	if err := q.check(); err != nil {
		return teach.Click{}, err
	}
	v, err := s.view()
	if err != nil {
		return teach.Click{}, err
	}
	defer v.end()
	p, err := v.Photo(ctx, found)
	if err != nil {
		return teach.Click{}, err
	}
	a := &answer{}
	if err := s.vectorOf(ctx, v, &q, a, &stages{}); err != nil {
		return teach.Click{}, err
	}
	c := teach.Click{Query: teach.VectorSide(a.vector), Found: teach.PhotoSide(p.ID, p.Digest), Same: same, Who: who}
	if a.query != nil && q.crop == nil {
		c.Query = teach.PhotoSide(a.query.ID, a.query.Digest)
	}
	_, c.Index = v.Snapshot.(Teachable).Source()
	c, err = s.opts.Clicks.Add(c)
	if err != nil {
		return c, clickError(err)
	}
	s.teaching.again()
	s.metrics.changes.WithLabelValues("clicked").Inc()
	return c, nil
}

// undo takes a click back.
func (s *Server) undo(id, who string) error {
	if err := s.opts.Clicks.Undo(id, who); err != nil {
		return clickError(err)
	}
	s.teaching.again()
	s.metrics.changes.WithLabelValues("taken back").Inc()
	return nil
}

// clickError is an error of the clicks as the server answers it: without the file's name, which is logged.
func clickError(err error) error {
	switch {
	case errors.Is(err, teach.ErrClick):
		return requestError{err}
	case errors.Is(err, syscall.ENOSPC):
		return ErrFull // without the file's name
	}
	return err
}
