package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Stage is a part of an answer's way and the time that it took.
type Stage struct {
	Name string
	Took time.Duration
}

// stages notes times one after the other.
type stages struct {
	list []Stage
	last time.Time
}

func (s *stages) begin() { s.last = time.Now() }

func (s *stages) end(name string) {
	now := time.Now()
	s.list = append(s.list, Stage{name, now.Sub(s.last)})
	s.last = now
}

// photoError is what is wrong with a photo that somebody sent: 422.
type photoError struct{ error }

func (e photoError) Unwrap() error { return e.error }

// embedded is a photo that went through the network.
type embedded struct {
	vector []float32
	part   *imageprep.RGB // what was searched for: the crop, or the whole photo
}

// embed decodes a photo, takes the part of it, and brings it through the network with others that come meanwhile.
func (s *Server) embed(ctx context.Context, l *live, data []byte, crop *Crop, st *stages) (*embedded, error) {
	leave, err := s.photos.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	st.begin()
	done, err := s.photos.work(ctx)
	if err != nil {
		return nil, err
	}
	st.end("slot")
	input := l.batch.inputs.Get().(*[]float32)
	defer l.batch.inputs.Put(input)
	part, err := s.prepare(l, data, crop, *input, st)
	done()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // nobody waits for it any longer
		return nil, context.Cause(ctx)
	}
	begun := time.Now()
	j, err := l.batch.embed(ctx, *input)
	if err != nil {
		return nil, err
	}
	st.list = append(st.list, Stage{"wait", j.begun.Sub(begun)}, Stage{"embed", j.took})
	return &embedded{j.vector, part}, nil
}

// prepare decodes a photo and brings the part of it to the form that the network takes.
func (s *Server) prepare(l *live, data []byte, crop *Crop, input []float32, st *stages) (*imageprep.RGB, error) {
	st.begin()
	photo, err := imageprep.Decode(bytes.NewReader(data), "the photo", s.limits())
	if err != nil {
		return nil, photoError{err}
	}
	st.end("decode")
	part, err := crop.of(photo)
	if err != nil {
		return nil, photoError{err}
	}
	if part.Width < least || part.Height < least {
		return nil, photoError{fmt.Errorf("the photo is %d x %d pixels; %d x %d are the least",
			part.Width, part.Height, least, least)}
	}
	st.end("crop")
	l.batch.embedder.Prepare(part, input)
	st.end("prepare")
	return part, nil
}

// limits of photos that are decoded.
func (s *Server) limits() imageprep.Limits {
	return imageprep.Limits{MaxPixels: s.opts.MaxPixels, MaxBytes: s.opts.MaxBytes}
}

// errNoFile is the answer about photos whose files are gone, or lie where none may be read.
var errNoFile = errors.New("the photo's file cannot be read here")
