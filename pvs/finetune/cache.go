package finetune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// cached is a [feed.Loader] of cached frozen-backbone features of each view, read from disk.
type cached struct {
	feed.Source
	dim  int
	rows map[imageprep.View]*vectors.Rows
	row  map[imageprep.View]map[int]int // of a photo; A10 is not of all photos
}

// InputLen returns the values of an item.
func (c *cached) InputLen() int { return c.dim }

// Load reads a photo's views.
func (c *cached) Load(photo int, items []feed.Item, dst []float32) error {
	for i, item := range items {
		row, ok := c.row[item.View][photo]
		if !ok {
			return fmt.Errorf("there are no cached features of photo %d, view %s", photo, item.View)
		}
		if err := c.rows[item.View].Read(row, dst[i*c.dim:(i+1)*c.dim]); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the files.
func (c *cached) Close() {
	for _, r := range c.rows {
		_ = r.Close() // only read
	}
}

// cacheFeatures runs the frozen part of the network over the views that an order
// names, once for each network, output and photos, whose bytes have a digest, and opens
// its output. A file a view, so that runs with other views share them; killed, it goes
// on where it was.
func cacheFeatures(ctx context.Context, n *embed.Network, images *feed.Images, content string, order feed.Order,
	dir string, progress func(done, total int)) (*cached, error) {
	key := strings.TrimSuffix(n.Key()+" "+images.Digest()+" "+content, " ")
	sum := sha256.Sum256([]byte(key))
	name := func(v imageprep.View) string {
		return filepath.Join(dir, hex.EncodeToString(sum[:8])+"-"+v.String())
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, wholefile.Explain(err)
	}
	missing := order
	missing.Views, missing.Sorted, missing.Batch = nil, true, n.Batch()
	for _, v := range order.Views {
		if _, err := os.Stat(name(v) + ".ids"); errors.Is(err, os.ErrNotExist) { // named last
			missing.Views = append(missing.Views, v)
		}
	}
	if len(missing.Views) > 0 {
		if err := fillCache(ctx, n, images, key, missing, name, progress); err != nil {
			return nil, err
		}
	}
	c := &cached{Source: images.Source, dim: n.Dim(), rows: map[imageprep.View]*vectors.Rows{},
		row: map[imageprep.View]map[int]int{}}
	for _, v := range order.Views {
		if err := c.open(v, name(v)); err != nil {
			c.Close()
			return nil, fmt.Errorf("cached features: %w; remove %s.* and start again", err, name(v))
		}
	}
	return c, nil
}

func (c *cached) open(v imageprep.View, name string) error {
	r, err := vectors.OpenRows(name)
	if err != nil {
		return err
	}
	c.rows[v], c.row[v] = r, make(map[int]int, len(r.IDs))
	if r.Dim != c.dim {
		return fmt.Errorf("%s has vectors of %d values, not %d", name, r.Dim, c.dim)
	}
	for i, id := range r.IDs {
		photo, err := strconv.Atoi(id)
		if err != nil {
			return fmt.Errorf("%s has the id %q, which is no photo's number", name, id)
		}
		c.row[v][photo] = i
	}
	return nil
}

// fillCache computes all views of an order.
func fillCache(ctx context.Context, n *embed.Network, images *feed.Images, key string, order feed.Order,
	name func(imageprep.View) string, progress func(done, total int)) (err error) {
	writers := map[imageprep.View]*vectors.Writer{}
	defer func() {
		for _, w := range writers {
			if err != nil {
				err = errors.Join(err, w.Suspend())
			} else {
				err = w.Close()
			}
		}
	}()
	have := map[imageprep.View]int{} // photos up to here are written
	for _, v := range order.Views {
		w, err := vectors.OpenWriter(name(v), n.Dim(), key)
		if err != nil {
			return err
		}
		writers[v] = w
		if done := w.Done(); len(done) > 0 {
			last, err := strconv.Atoi(done[len(done)-1])
			if err != nil {
				return fmt.Errorf("%s.ids.part is damaged; remove it and start again", name(v))
			}
			have[v] = last + 1
		}
	}
	out := make([]float32, n.Batch()*n.Dim())
	steps := order.Steps()
	stream := feed.Open(ctx, images, order, firstMissing(order, have), steps)
	defer stream.Close()
	for {
		b, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := n.Embed(b.Inputs, b.N, out); err != nil {
			return err
		}
		for i, item := range b.Items {
			if item.Photo < have[item.View] {
				continue
			}
			if err := writers[item.View].Append(strconv.Itoa(item.Photo), out[i*n.Dim():(i+1)*n.Dim()]); err != nil {
				return err
			}
		}
		for _, w := range writers {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if progress != nil {
			progress(min(order.Items(), (b.Step+1)*order.Batch), order.Items())
		}
	}
}

// firstMissing returns the first step that has an item which is not written.
func firstMissing(order feed.Order, have map[imageprep.View]int) int {
	i := 0
	for item := range order.Pass(0) {
		if item.Photo >= have[item.View] {
			break
		}
		i++
	}
	return i / order.Batch
}
