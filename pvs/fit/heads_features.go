package fit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// features embeds the train photos that are not held out, each with its augmented variants behind it, into
// dir/features. A second start goes on.
func (h *heads) features(ctx context.Context) error {
	name := filepath.Join(h.dir, "features")
	key := fmt.Sprintf("%s heads %.16x", h.e.Key(), sha256.Sum256([]byte(fmt.Sprintln(h.learns, h.recipe.HeldOut,
		h.recipe.MostHeldOut, h.recipe.Augmentation, h.recipe.Seed, len(h.byPhoto)))))
	w, err := vectors.OpenStamped(name, h.e.Dim(), key) // which goes on with a complete set; the key has the photos
	if err != nil {
		return err
	}
	w.Describe(h.e.Origin())
	if err := h.embedInto(ctx, w); err != nil {
		return errors.Join(err, w.Suspend())
	}
	if err := w.Close(); err != nil {
		return err
	}
	h.rows, err = vectors.ReadUnit(name)
	return err
}

// embedInto appends what is not there yet.
func (h *heads) embedInto(ctx context.Context, w *vectors.Writer) error {
	total, of, length := len(h.byPhoto)*(1+variants), 1+variants, h.e.InputLen()
	inputs, out := make([]float32, h.e.Batch()*length), make([]float32, h.e.Batch()*h.e.Dim())
	update, finish := func(int, int) {}, func() {}
	if w.Len() < total {
		update, finish = h.Progress("embedding train photos and variants")
	}
	defer finish()
	for from := w.Len(); from < total; {
		n := min(h.e.Batch(), total-from)
		err := cores.Each(ctx, n, func(i int) error {
			photo, variant, to := (from+i)/of, (from+i)%of, inputs[i*length:(i+1)*length]
			if variant > 0 {
				return h.images.Load(feed.Draw{Photo: photo, Epoch: -1, Copy: variant}, to)
			}
			whole, err := h.photos.Open(photo)
			if err == nil {
				h.asIs().Into(whole, to)
			}
			return err
		})
		if err == nil {
			err = h.e.Embed(inputs, n, out)
		}
		for i := 0; i < n && err == nil; i++ {
			id := fmt.Sprint((from+i)/of, " ", (from+i)%of)
			err = w.AppendPhoto(id, out[i*h.e.Dim():(i+1)*h.e.Dim()], stamp.Stamp{})
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			return err
		}
		from += n
		update(from, total)
	}
	return nil
}

// learnOn are the vectors that a whitening is learned on, with their classes: of whole photos, and of variants, too,
// where each photo is a class of its own.
func (h *heads) learnOn() (*vectors.Set, []int32) {
	s := &vectors.Set{Dim: h.rows.Dim}
	var classes []int32
	_, of := h.sampled()
	for photo, class := range h.byPhoto {
		if class < 0 {
			class = int32(h.counts.classes + photo)
		}
		for v := range of {
			row := photo*(1+variants) + v
			s.IDs = append(s.IDs, h.rows.IDs[row])
			s.Data = append(s.Data, h.rows.Row(row)...)
			classes = append(classes, class)
		}
	}
	return s, classes
}
