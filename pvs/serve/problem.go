package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gopvs/product-visual-search/pvs/teach"
)

// requestError is what is wrong with a request: 400.
type requestError struct{ error }

func (e requestError) Unwrap() error { return e.error }

// Unacceptable marks what an [Index] refuses of a photo as something that its sender can mend.
func Unacceptable(err error) error { return requestError{err} }

// StatusError is what another server answered that this one asked, to be passed on.
type StatusError struct {
	Status int
	Detail string // a sentence
}

func (e *StatusError) Error() string { return e.Detail }

func wrong(format string, args ...any) error { return requestError{fmt.Errorf(format, args...)} }

// statusOf is how an error is answered: with which status, in which sentence. Errors that are nobody's fault but
// ours are logged and not shown, as they may name files.
func (s *Server) statusOf(err error) (int, string) {
	for _, c := range []struct {
		is     error
		status int
	}{
		{ErrNoPhoto, http.StatusNotFound},
		{ErrNoProduct, http.StatusNotFound},
		{ErrNoCategory, http.StatusNotFound},
		{errNoFile, http.StatusNotFound},
		{errReplaced, http.StatusConflict},
		{ErrNoField, http.StatusBadRequest},
		{errLink, http.StatusBadRequest},
		{errOtherLink, http.StatusGone},
		{teach.ErrNoClick, http.StatusNotFound},
		{teach.ErrFull, http.StatusInsufficientStorage},
		{ErrReadOnly, http.StatusForbidden},
		{ErrBusy, http.StatusServiceUnavailable},
		{ErrFull, http.StatusInsufficientStorage},
		{ErrUnavailable, http.StatusServiceUnavailable},
		{errOther, http.StatusConflict},
		{errNoShard, http.StatusNotFound},
		{errClosed, http.StatusServiceUnavailable},
		{errOverloaded, http.StatusTooManyRequests},
		{errBudget, http.StatusTooManyRequests},
		{errDeadline, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, c.is) {
			return c.status, err.Error()
		}
	}
	var other *StatusError
	switch {
	case errors.As(err, &other):
		return other.Status, other.Detail
	case errors.As(err, new(photoError)):
		return http.StatusUnprocessableEntity, err.Error()
	case errors.As(err, new(requestError)):
		return http.StatusBadRequest, err.Error()
	case errors.Is(err, context.DeadlineExceeded): // of an index that does not say why its context ended
		return http.StatusServiceUnavailable, errDeadline.Error()
	case errors.Is(err, context.Canceled):
		return statusLeft, "the client left"
	}
	s.opts.Log("error: " + err.Error())
	return http.StatusInternalServerError, "something went wrong here; what it was is in the server's log"
}

// statusLeft is what nginx notes where the client did not wait for the answer.
const statusLeft = 499

// problem is an error as the API answers it.
func (s *Server) problem(err error) error {
	status, detail := s.statusOf(err)
	p := &huma.ErrorModel{Title: title(status), Status: status, Detail: detail}
	if retry(status) {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"1"}})
	}
	return p
}

// retry says whether the same request may succeed soon.
func retry(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

func title(status int) string {
	if status == statusLeft {
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

// failed answers with an error.
func (s *Server) failed(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := s.statusOf(err)
	fail(w, r, status, detail)
}

// fail answers with a problem (RFC 9457), or a page for people.
func fail(w http.ResponseWriter, r *http.Request, status int, detail string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if retry(status) {
		h.Set("Retry-After", "1")
	}
	if wantsPage(r) {
		if page, err := refusedPage(detail); err == nil {
			h.Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write(page) // a client that left
			return
		}
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// A client that left is no longer told.
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: title(status), Status: status, Detail: detail})
}

// oneSentence makes of huma's list of errors the sentence that stands in detail, and leaves out the values, which
// may be long.
func oneSentence(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok || len(p.Errors) == 0 {
		return v, nil
	}
	var parts []string
	for _, e := range p.Errors {
		at := e.Location
		for _, prefix := range []string{"body.", "query.", "path.", "form."} {
			at = strings.TrimPrefix(at, prefix)
		}
		if at != "" {
			at += ": "
		}
		parts = append(parts, at+e.Message)
	}
	short := *p
	short.Detail, short.Errors = strings.Join(parts, "; "), nil
	return &short, nil
}
