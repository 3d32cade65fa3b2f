package main

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// vectorSource is a set that another is made of.
type vectorSource struct {
	*vectors.Set
	name   string
	stamps []stamp.Stamp // of the photos; nil where they are not known
}

// readSource reads a set that another one is made of.
func (a *app) readSource(name string) (*vectorSource, error) {
	if onDisk(name) {
		return nil, fmt.Errorf("%s is an index on disk, and not vectors: export those by pvs index export", name)
	}
	set, err := vectors.ReadUnit(name)
	if err != nil {
		return nil, err
	}
	a.unknown(name, set.Origin)
	stamps, err := vectors.ReadStamps(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(stamps) != set.Len() {
		stamps = nil
	}
	return &vectorSource{set, strings.TrimSuffix(name, ".npy"), stamps}, nil
}

// digest tells versions of the set apart.
func (s *vectorSource) digest() string {
	h := sha256.New()
	fmt.Fprintln(h, s.Dim, vectors.DigestIDs(s.IDs)) // a hash's Write does not fail
	row := make([]byte, 0, 4*s.Dim)
	for i := range s.IDs {
		row = row[:0]
		for _, v := range s.Row(i) {
			row = binary.LittleEndian.AppendUint32(row, math.Float32bits(v))
		}
		_, _ = h.Write(row)
	}
	for _, of := range s.stamps {
		_, _ = h.Write(of.SHA256[:])
	}
	return fmt.Sprintf("%.16x", h.Sum(nil))
}

// checkOut refuses to put vectors in the place of those that they are made of.
func checkOut(out string, of ...string) error {
	if err := vectors.CheckName(out); err != nil {
		return misuse{err}
	}
	for _, name := range of {
		if same(out, name) {
			return misuse{fmt.Errorf("--out names the vectors %s, of which others are made: name these differently", name)}
		}
	}
	return vectors.Free(out)
}

func same(a, b string) bool {
	full := func(name string) string {
		name = strings.TrimSuffix(name, ".npy")
		if path, err := filepath.Abs(name); err == nil {
			return path
		}
		return name
	}
	return full(a) == full(b)
}

// madeVectors are to be written.
type madeVectors struct {
	out    string
	key    string          // what they depend on, beside the source
	of     *vectorSource   // whose ids and photos they have
	origin *vectors.Origin // nil where it is not known
	dim    int
	// whitening is what whitened them, to be kept beside them; nil: they are not.
	whitening *whiten.Whitening
	// rows makes those from a place on, as many as it likes.
	rows func(from int) (*vectors.Set, error)
}

// write writes vectors as embed does: they appear when they are complete, and an interrupted writing goes on.
func (m *madeVectors) write(a *app) (err error) {
	open := vectors.OpenWriter
	if m.of.stamps != nil {
		open = vectors.OpenStamped
	}
	var origin vectors.Origin
	if m.origin.Known() {
		origin = *m.origin
	}
	origin.Program, origin.Date = "", time.Time{} // this program's, and now
	if line := vectors.Replacing(m.out, &origin); line != "" {
		a.log(line)
	}
	w, err := open(m.out, m.dim, m.key)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Suspend())
		}
	}()
	w.Describe(origin)
	if m.whitening != nil {
		if err := writeWhitening(m.whitening, whiteningFile(m.out)); err != nil {
			return err
		}
	}
	for done := len(w.Done()); done < m.of.Len(); {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		part, err := m.rows(done)
		if err != nil {
			return err
		}
		for i, id := range part.IDs {
			if m.of.stamps != nil {
				err = w.AppendPhoto(id, part.Row(i), m.of.stamps[done+i])
			} else {
				err = w.Append(id, part.Row(i))
			}
			if err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		done += part.Len()
	}
	return w.Close()
}

// report says what was written.
func (m *madeVectors) report(a *app, how string, more map[string]any) error {
	a.say("%d vectors of dimension %d are in %s.npy (%s)", m.of.Len(), m.dim, strings.TrimSuffix(m.out, ".npy"), how)
	out := map[string]any{"vectors": m.of.Len(), "dim": m.dim}
	for key, value := range more {
		out[key] = value
	}
	return a.result(out)
}

// rowsOfSet gives all rows of a set that is made as a whole.
func rowsOfSet(set *vectors.Set) func(from int) (*vectors.Set, error) {
	return func(from int) (*vectors.Set, error) { return partOf(set, from, set.Len()), nil }
}

// partOf are rows of a set.
func partOf(set *vectors.Set, from, to int) *vectors.Set {
	return &vectors.Set{IDs: set.IDs[from:to], Dim: set.Dim, Data: set.Data[from*set.Dim : to*set.Dim],
		Origin: set.Origin}
}
