package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/data/clusters"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
)

// Photos that are drawn, and how often each is asked for.
const (
	benchPhotos = 20
	benchRounds = 25
)

// serve measures photos to their answers over HTTP, one at a time, in an index of made vectors.
func (c *benchCommand) serve(a *app, note func(key, unit string, value float64)) (err error) {
	e, _, err := c.open(a)
	if err != nil {
		return err
	}
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer remove()
	c.Dim = e.Dim()
	rows, _, err := clusters.Each(clusters.Options{Index: c.Rows, Queries: 1, Dim: c.Dim})
	if err != nil {
		return err
	}
	if err := c.makeIndex(a, dir, rows, note); err != nil {
		return err
	}
	index, err := local.Open(dir, local.Options{Log: a.log})
	if err != nil {
		return err
	}
	if err := c.isThat(index.Index()); err != nil {
		return errors.Join(err, index.Close())
	}
	files, err := serve.OpenFiles("", filepath.Join(dir, "photos"))
	if err != nil {
		return errors.Join(err, index.Close())
	}
	defer files.Close()
	s, err := serve.New(serve.Options{Index: index, Embedder: e, Files: files, ReadOnly: true, Log: a.log})
	if err != nil {
		return errors.Join(err, index.Close())
	}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, s.Close())
	}
	ctx, stop := context.WithCancel(a.ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, at) }()
	err = askEach(a.ctx, "http://"+at.Addr().String()+"/v1/search", note)
	stop()
	return errors.Join(err, <-ended)
}

// askEach asks for each photo in turn, the first round untimed.
func askEach(ctx context.Context, url string, note func(key, unit string, value float64)) error {
	photos, err := drawnPhotos(benchPhotos)
	if err != nil {
		return err
	}
	var times []float64
	for round := range benchRounds + 1 {
		for _, photo := range photos {
			begun := time.Now()
			if err := ask(ctx, url, photo); err != nil {
				return err
			}
			if round > 0 {
				times = append(times, since(begun))
			}
		}
	}
	note("serve_p50_ms", "ms, a photo of 500 x 400 to its answer", quantile(times, 0.5))
	note("serve_p99_ms", "ms", quantile(times, 0.99))
	if peak, ok := peakMemory(); ok {
		note("peak_gib", "GiB", peak)
	}
	return nil
}

// drawnPhotos are JPEGs of different products.
func drawnPhotos(n int) (photos [][]byte, err error) {
	products := synth.Catalog(1, n)
	for i := range n {
		m, err := products.At(i).Mesh()
		if err != nil {
			return nil, err
		}
		shot := studio.RandomShot(rand.New(rand.NewPCG(1, uint64(i+1))), studio.Style{})
		shot.Width, shot.Height = 500, 400
		photo, err := studio.Shoot(m, shot)
		if err != nil {
			return nil, err
		}
		var jpg bytes.Buffer
		if err := jpeg.Encode(&jpg, photo, &jpeg.Options{Quality: 85}); err != nil {
			return nil, err
		}
		photos = append(photos, jpg.Bytes())
	}
	return photos, nil
}

// ask sends a photo and reads its whole answer.
func ask(ctx context.Context, url string, photo []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("photo", "photo.jpg")
	if err != nil {
		return err
	}
	part.Write(photo) // a buffer takes all
	if err := form.Close(); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answered %s: %s", answer.Status, text)
	}
	return err
}
