package serve

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

// maxBatch is how many photos and ids a batch may have.
const maxBatch = 64

// fieldBytes is room for a form's texts and the lines between its parts.
const fieldBytes = 256 << 10

// withForm reads the multipart forms of requests before anybody else looks at them: into memory, never into files, at
// most so many bytes of one request and of all together.
func (s *Server) withForm(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost && r.Method != http.MethodPut {
			r.Body = http.MaxBytesReader(w, r.Body, fieldBytes)
			next.ServeHTTP(w, r)
			return
		}
		most := s.opts.MaxBytes + fieldBytes
		if strings.HasSuffix(r.URL.Path, "/batch") {
			most = min(maxBatch*s.opts.MaxBytes, s.opts.Uploads/2) + fieldBytes
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
			r.Body = http.MaxBytesReader(w, r.Body, fieldBytes)
			if routed(r) {
				fail(w, r, http.StatusUnsupportedMediaType, "send a form: multipart/form-data with the photo as photo")
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		charged := s.budget.reader(http.MaxBytesReader(w, r.Body, most))
		defer charged.refund()
		r.Body = charged
		err := r.ParseMultipartForm(most) // so much stays in memory
		if r.MultipartForm != nil {
			defer func() { _ = r.MultipartForm.RemoveAll() }() // there are no files
		}
		if err != nil {
			w.Header().Set("Connection", "close") // what is left of the body is not read
			status, say := formProblem(err, most)
			fail(w, r, status, say)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// routed says whether a request is for a route that takes a form.
func routed(r *http.Request) bool {
	p := r.URL.Path
	return p == "/search" || p == "/v1/search" || p == "/v1/search/batch" || p == "/v1/teach/pairs" || p == "/teach" ||
		r.Method == http.MethodPut && (strings.HasPrefix(p, "/v1/photos/") || strings.HasPrefix(p, "/v1/shard/photos/"))
}

// formProblem says what is wrong with a form.
func formProblem(err error, most int64) (int, string) {
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return http.StatusRequestEntityTooLarge, "the request is too large: at most " + mebibytes(most) + " are taken"
	case errors.Is(err, errBudget):
		return http.StatusTooManyRequests, errBudget.Error()
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return http.StatusRequestEntityTooLarge, "the form has too many parts, or its texts are too long"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return http.StatusBadRequest, "the form is cut off"
	}
	return http.StatusBadRequest, "the form cannot be read: it must be multipart/form-data with its boundary"
}

// bytesOf is what was sent as a photo.
func bytesOf(h *multipart.FileHeader) ([]byte, error) {
	f, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err == nil && len(data) == 0 {
		err = wrong("the photo is empty: no bytes were sent")
	}
	return data, err
}

// mebibytes is a limit in words.
func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }
