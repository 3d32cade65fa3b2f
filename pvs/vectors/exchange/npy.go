package exchange

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// source is vectors in another program's file.
type source interface {
	// files lists what is read.
	files() []string
	// each yields all vectors in order, or what is wrong with one of them, which names
	// it; yield's error ends it. The vector is used again.
	each(yield func(v vector) error) error
	// origin says what made the vectors, as soon as the first was yielded; nil where the
	// file does not say.
	origin() *vectors.Origin
}

// vector is one of a source.
type vector struct {
	id          string
	values      []float32
	row         int // in the source, from 0
	bad         error
	done, total int // for the progress
}

// toNPY writes NAME.npy and NAME.ids.
func toNPY(ctx context.Context, s source, out string, opts Options) (Summary, error) {
	key, err := keyOf(s.files())
	if err != nil {
		return Summary{}, err
	}
	if err := vectors.Free(out); err != nil { // before all is read
		return Summary{}, err
	}
	w := &npyWriter{source: s, opts: opts, out: out, key: key, seen: map[string]bool{}}
	err = s.each(func(v vector) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		opts.Progress(v.done, v.total)
		return w.add(v)
	})
	if err == nil {
		err = still(key, s.files())
	}
	if err == nil && w.writer == nil {
		err = fmt.Errorf("%s holds no vectors", s.files()[0])
	}
	if err != nil {
		if w.writer != nil {
			err = errors.Join(err, w.writer.Suspend())
		}
		return Summary{}, err
	}
	if o := s.origin(); o != nil {
		w.writer.Describe(*o)
	}
	if err := w.writer.Close(); err != nil {
		return Summary{}, err
	}
	return Summary{Vectors: w.n, Dim: w.dim, Skipped: w.skipped, Origin: s.origin()}, nil
}

// npyWriter writes vectors that are whole.
type npyWriter struct {
	source   source
	opts     Options
	out, key string
	writer   *vectors.Writer
	dim      int
	done     int // vectors that an interrupted conversion wrote
	n        int
	seen     map[string]bool
	skipped  []string
}

func (w *npyWriter) add(v vector) error {
	err := v.bad
	if err == nil {
		err = w.check(v)
	}
	if err != nil && !w.opts.SkipBad {
		return tag.Error(err, catalog.ErrBad)
	}
	if err != nil {
		w.skipped = append(w.skipped, err.Error())
		return nil
	}
	if w.writer == nil {
		w.dim = len(v.values)
		w.opts.replacing(vectors.Replacing(w.out, w.source.origin()))
		if w.writer, err = vectors.OpenWriter(w.out, w.dim, w.key); err != nil {
			return err
		}
		w.done = len(w.writer.Done())
	}
	w.seen[v.id] = true
	if w.n++; w.n <= w.done {
		return nil
	}
	return w.writer.Append(v.id, v.values)
}

// check says what is wrong with a vector.
func (w *npyWriter) check(v vector) error {
	switch {
	case v.id == "":
		return fmt.Errorf("the vector of row %d has no id", v.row)
	case !utf8.ValidString(v.id) || strings.ContainsAny(v.id, "\n\r\x00"):
		return fmt.Errorf("the id of row %d, %q, is no text that can be a line of an .ids file", v.row, v.id)
	case w.seen[v.id]:
		return fmt.Errorf("the id %s stands for two vectors", v.id)
	case len(v.values) == 0:
		return fmt.Errorf("the vector of %s is empty", v.id)
	case w.dim != 0 && len(v.values) != w.dim:
		return fmt.Errorf("the vector of %s has the dimension %d, not %d as the first", v.id, len(v.values), w.dim)
	}
	if err := finite(v.values); err != nil {
		return fmt.Errorf("the vector of %s: %w", v.id, err)
	}
	return nil
}
