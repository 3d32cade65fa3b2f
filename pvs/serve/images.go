package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// image answers GET /image?id=PHOTO&side=480: the photo of the index, encoded anew.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	side, err := strconv.Atoi(q.Get("side"))
	if err != nil || !slices.Contains(sides, side) {
		fail(w, r, http.StatusBadRequest, fmt.Sprintf("side must be one of %v", sides))
		return
	}
	v, err := s.view()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if k, ok := v.index.(Keeper); ok {
		defer v.end()
		s.imageOf(w, r, k, q.Get("id"), side)
		return
	}
	p, err := v.Photo(r.Context(), q.Get("id"))
	v.end()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	file, info, err := s.opts.Files.open(p.Path)
	if err != nil {
		fail(w, r, http.StatusNotFound, errNoFile.Error())
		return
	}
	file.Close()
	key := fmt.Sprintf("%s|%d|%d|%d", p.Path, side, info.Size(), info.ModTime().UnixNano())
	tag := strconv.Quote(digest(key))
	h := w.Header()
	cacheable(h, tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	data, err := s.pictureOf(r.Context(), key, p, side)
	if err != nil {
		h.Del("ETag")
		h.Set("Cache-Control", "no-store")
		s.failed(w, r, err)
		return
	}
	sendJPEG(w, data)
}

// cacheable lets a browser keep a picture for a while.
func cacheable(h http.Header, tag string) {
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, max-age=600")
}

// imageOf passes a picture on from where its file is.
func (s *Server) imageOf(w http.ResponseWriter, r *http.Request, k Keeper, id string, side int) {
	p, err := k.Picture(r.Context(), id, side, r.Header.Get("If-None-Match"))
	if err != nil {
		s.failed(w, r, err)
		return
	}
	cacheable(w.Header(), p.Tag)
	if p.JPEG == nil {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	sendJPEG(w, p.JPEG)
}

// pictureOf is a cached picture, or one that is made now, once for all that ask at the same time.
func (s *Server) pictureOf(ctx context.Context, key string, p Photo, side int) ([]byte, error) {
	if data, ok := s.pictures.get(key); ok {
		return data, nil
	}
	leave, err := s.thumbs.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	made, err, _ := s.making.Do(key, func() (any, error) {
		if data, ok := s.pictures.get(key); ok {
			return data, nil
		}
		// The work goes on for the others if this one's client leaves.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), s.opts.Deadline, errDeadline)
		defer cancel()
		done, err := s.thumbs.work(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		data, err := s.opts.Files.read(p.Path, s.opts.MaxBytes)
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(data); p.Digest != "" && p.Digest != hex.EncodeToString(sum[:]) {
			return nil, errReplaced
		}
		photo, err := imageprep.Decode(bytes.NewReader(data), "the photo", s.limits())
		if err != nil {
			return nil, photoError{err}
		}
		if side <= squareUpTo {
			photo = squared(halved(photo, 2*side))
		}
		out, err := picture(photo, side)
		if err == nil {
			s.pictures.put(key, out)
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	return made.([]byte), nil
}

// preview answers GET /preview?of=NAME: the photo that a link was made of, while it is remembered.
func (s *Server) preview(w http.ResponseWriter, r *http.Request) {
	data, ok := s.previews.get(r.URL.Query().Get("of"))
	if !ok {
		fail(w, r, http.StatusNotFound, "this photo is no longer kept here; its link can be searched with all the same")
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=600")
	sendJPEG(w, data)
}

func sendJPEG(w http.ResponseWriter, data []byte) {
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // a client that left
}

// remember keeps a small picture of a photo that was searched with, under a name that only its link tells.
func (s *Server) remember(link string, part *imageprep.RGB) error {
	data, err := picture(part, previewSide)
	if err == nil {
		s.previews.put(previewOf(link), data)
	}
	return err
}

// previewSide is enough to search with a part of it, too.
const previewSide = 800

// errDeadline is the end of a request that took too long.
var errDeadline = fmt.Errorf("the answer took too long: try again, with a smaller photo if this one is large")

// withDeadline ends the work for a request.
func (s *Server) withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeoutCause(r.Context(), s.opts.Deadline, errDeadline)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
