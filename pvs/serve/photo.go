package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
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

// embed decodes a photo, takes the part of it, and brings it through the network with others that come meanwhile. A
// decoder cannot be stopped: one that takes too long is no longer waited for, but has its slot until it ends.
func (s *Server) embed(ctx context.Context, l *live, data []byte, crop *Crop, st *stages) (*embedded, error) {
	leave, err := s.photos.enter()
	if err != nil {
		return nil, err
	}
	st.begin()
	done, err := s.photos.work(ctx)
	if err != nil {
		leave()
		return nil, err
	}
	st.end("slot")
	ready := make(chan prepared, 1)
	go func() {
		p := s.prepare(l, data, crop)
		done()
		ready <- p
	}()
	var p prepared
	select {
	case p = <-ready:
	case <-ctx.Done():
		go func() {
			p := <-ready
			l.batch.inputs.Put(p.input)
			leave()
		}()
		return nil, context.Cause(ctx)
	}
	defer leave()
	defer l.batch.inputs.Put(p.input)
	st.list = append(st.list, p.stages...)
	if p.err != nil {
		return nil, p.err
	}
	begun := time.Now()
	j, err := l.batch.embed(ctx, *p.input)
	if err != nil {
		return nil, err
	}
	st.list = append(st.list, Stage{"wait", j.begun.Sub(begun)}, Stage{"embed", j.took})
	return &embedded{j.vector, p.part}, nil
}

// rescue makes an error of a panic, which in a goroutine of its own would end the process and all its other answers.
func rescue(err *error, what string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s broke down: %v\n%s", what, p, debug.Stack())
	}
}

// prepared is a photo in the form that the network takes.
type prepared struct {
	input  *[]float32 // goes back to the pool
	part   *imageprep.RGB
	stages []Stage
	err    error
}

// prepare decodes a photo and brings the part of it to the form that the network takes.
func (s *Server) prepare(l *live, data []byte, crop *Crop) (p prepared) {
	p = prepared{input: l.batch.inputs.Get().(*[]float32)}
	defer rescue(&p.err, "the reading of a photo")
	var st stages
	st.begin()
	limits := embed.Limits(l.batch.embedder, s.limits())
	limits.Suffices = crop.suffices(limits.Suffices)
	photo, err := imageprep.Decode(bytes.NewReader(data), "the photo", limits)
	if err != nil {
		p.err = photoError{err}
		return p
	}
	st.end("decode")
	if p.part, err = crop.of(photo); err != nil {
		p.err = photoError{err}
		return p
	}
	if p.part.Width < least || p.part.Height < least {
		p.err = photoError{fmt.Errorf("the photo is %d x %d pixels; %d x %d are the least",
			p.part.Width, p.part.Height, least, least)}
		return p
	}
	st.end("crop")
	if crop == nil {
		l.batch.embedder.Prepare(p.part, *p.input)
	} else {
		embed.PrepareWhole(l.batch.embedder, p.part, *p.input)
	}
	st.end("prepare")
	p.stages = st.list
	return p
}

// limits of photos that are decoded.
func (s *Server) limits() imageprep.Limits {
	return imageprep.Limits{MaxPixels: s.opts.MaxPixels, MaxBytes: s.opts.MaxBytes}
}

// errReplaced is the answer about photos whose files are others than those that were indexed: a picture of another
// thing beside the score of what was there would be wrong.
var errReplaced = errors.New("the photo's file has changed since it was indexed: index it again")

// errNoFile is the answer about photos whose files are gone, or lie where none may be read.
var errNoFile = errors.New("the photo's file cannot be read here")
