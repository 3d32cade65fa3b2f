package serve

import (
	"context"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// photoForm is the form of PUT /v1/photos/{id}.
type photoForm struct {
	Photo    huma.FormFile `form:"photo" doc:"The photo: JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF"`
	Product  string        `form:"product" required:"false" maxLength:"500" doc:"The product that it shows"`
	Category string        `form:"category" required:"false" maxLength:"500" doc:"Names joined by ' > '"`
	Title    string        `form:"title" required:"false" maxLength:"500" doc:"For people"`
	Field    []string      `form:"field" required:"false" maxItems:"20" doc:"Column and value, as in colour=red"`
}

// photoID is an address's part that names a photo.
type idOfPhoto struct {
	ID string `path:"id" minLength:"1" maxLength:"500" doc:"Id of the photo, percent-encoded"`
}

type putInput struct {
	ID string `path:"id" minLength:"1" maxLength:"500" doc:"Id of the photo, percent-encoded"`

	RawBody huma.MultipartFormFiles[photoForm]
}

type photoOutput struct {
	Status int
	Body   photoAnswer
}

type photoAnswer struct {
	Photo    string            `json:"photo"`
	Product  string            `json:"product"`
	Category string            `json:"category"`
	Title    string            `json:"title"`
	Fields   map[string]string `json:"fields,omitempty"`
	Image    string            `json:"image" doc:"Where the photo is to be had as a JPEG"`
}

func photoAnswerOf(p Photo) photoAnswer {
	return photoAnswer{Photo: p.ID, Product: p.Product, Category: p.Category, Title: p.Title, Fields: p.Fields,
		Image: imageOf(p.ID, "480")}
}

func (s *Server) photoRoutes(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "get-photo", Method: http.MethodGet, Path: "/v1/photos/{id}",
		Summary: "A photo of the index"}, func(ctx context.Context, in *idOfPhoto) (*photoOutput, error) {
		v, err := s.view()
		if err != nil {
			return nil, s.problem(err)
		}
		defer v.end()
		p, err := v.Photo(ctx, in.ID)
		if err != nil {
			return nil, s.problem(err)
		}
		return &photoOutput{http.StatusOK, photoAnswerOf(p)}, nil
	})
	huma.Register(api, huma.Operation{OperationID: "put-photo", Method: http.MethodPut, Path: "/v1/photos/{id}",
		Summary: "Add a photo, or replace the one of this id", Description: "When it is answered, the photo outlasts a " +
			"crash and is found by searches that begin then. 201: it is new; 200: it replaced another.",
		DefaultStatus: http.StatusOK, Responses: map[string]*huma.Response{"201": {Description: "Created"}},
		Errors: []int{400, 401, 403, 404, 413, 415, 421, 422, 429, 500, 503, 507}}, s.putAPI)
	huma.Register(api, huma.Operation{OperationID: "delete-photo", Method: http.MethodDelete, Path: "/v1/photos/{id}",
		Summary: "Remove a photo", Description: "When it is answered, no search that begins then finds it.",
		DefaultStatus: http.StatusNoContent}, s.deleteAPI)
}

func (s *Server) putAPI(ctx context.Context, in *putInput) (*photoOutput, error) {
	p, data, err := s.photoIn(in.ID, in.RawBody.Data(), in.RawBody.Form)
	if err != nil {
		return nil, s.problem(err)
	}
	created, err := s.put(ctx, p, data)
	return s.putOutput(p, created, err)
}

// photoIn reads a form with a photo that is to be put.
func (s *Server) photoIn(id string, f *photoForm, form *multipart.Form) (p Photo, data []byte, err error) {
	if s.opts.ReadOnly {
		return p, nil, ErrReadOnly
	}
	fields, err := filters(f.Field)
	if err != nil {
		return p, nil, err
	}
	data, err = first(form, "photo")
	if err == nil && data == nil {
		err = wrong("the photo is missing: send it as photo")
	}
	return Photo{ID: id, Product: f.Product, Category: f.Category, Title: f.Title, Fields: fields}, data, err
}

// putOutput answers that a photo was put.
func (s *Server) putOutput(p Photo, created bool, err error) (*photoOutput, error) {
	if err != nil {
		return nil, s.problem(err)
	}
	out := &photoOutput{http.StatusOK, photoAnswerOf(p)}
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

// put embeds a photo and keeps it.
func (s *Server) put(ctx context.Context, p Photo, data []byte) (created bool, err error) {
	l, err := s.hold()
	if err != nil {
		return false, err
	}
	defer l.release()
	e, err := s.embed(ctx, l, data, nil, &stages{})
	if err != nil {
		return false, err
	}
	return s.keep(ctx, l, p, e.vector, data)
}

// keep keeps a photo's file and puts it into the index; what it replaces goes.
func (s *Server) keep(ctx context.Context, l *live, p Photo, vector []float32, data []byte) (created bool, err error) {
	if k, ok := l.index.(Keeper); ok {
		if created, err = k.PutFile(ctx, p, vector, data); err == nil {
			s.metrics.changes.WithLabelValues("put").Inc()
		}
		return created, err
	}
	before := s.pathOf(ctx, l, p.ID)
	if p.Path, err = s.opts.Files.store(p.ID, data); err != nil {
		return false, err
	}
	created, err = l.index.Put(ctx, p, vector)
	if err != nil {
		if before != p.Path {
			s.opts.Files.drop(p.Path)
		}
		return false, err
	}
	if before != p.Path {
		s.opts.Files.drop(before)
	}
	s.metrics.changes.WithLabelValues("put").Inc()
	return created, nil
}

// pathOf is where a photo's file lies; "": it is not in the index.
func (s *Server) pathOf(ctx context.Context, l *live, id string) string {
	snap, err := l.index.Snapshot()
	if err != nil {
		return ""
	}
	defer snap.Close()
	p, err := snap.Photo(ctx, id)
	if err != nil {
		return ""
	}
	return p.Path
}

func (s *Server) deleteAPI(ctx context.Context, in *idOfPhoto) (*struct{}, error) {
	if s.opts.ReadOnly {
		return nil, s.problem(ErrReadOnly)
	}
	l, err := s.hold()
	if err != nil {
		return nil, s.problem(err)
	}
	defer l.release()
	path := ""
	if _, elsewhere := l.index.(Keeper); !elsewhere {
		path = s.pathOf(ctx, l, in.ID)
	}
	if err := l.index.Remove(ctx, in.ID); err != nil {
		return nil, s.problem(err)
	}
	s.opts.Files.drop(path)
	s.metrics.changes.WithLabelValues("removed").Inc()
	return nil, nil
}
