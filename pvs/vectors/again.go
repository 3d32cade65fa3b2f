package vectors

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// takeWhole takes a complete set of the key for what is done.
func (w *Writer) takeWhole() {
	ids, ok := kept(w.name, w.key)
	if !ok {
		return
	}
	s, err := readSidecar(w.name)
	if err != nil || s == nil || s.Dim != w.dim {
		return
	}
	stamps, err := ReadStamps(w.name)
	if err != nil || len(stamps) != len(ids) || digestPhotos(stamps) != s.Photos {
		return
	}
	w.done, w.stamps, w.whole = ids, stamps, true
}

// unfold makes parts of the complete set before it is changed; it stays until Close.
func (w *Writer) unfold() error {
	if !w.whole {
		return nil
	}
	err := wholefile.Write(w.name+".npy.part", func(to io.Writer) error {
		rows, err := OpenRows(w.name)
		if err != nil {
			return err
		}
		defer rows.Close()
		if _, err := to.Write(npyHeader(0, w.dim)); err != nil {
			return err
		}
		_, err = io.Copy(to, rows.values())
		return err
	})
	w.whole = false
	if err := w.reopen(err); err != nil {
		return fmt.Errorf("going on with %s: %w", w.name, wholefile.Explain(err))
	}
	return nil
}

// Len returns how many vectors the set will have.
func (w *Writer) Len() int { return len(w.done) - len(w.dropped) }

// place returns the row of a done id, and makes sure that there are parts to change.
func (w *Writer) place(id string) (int, error) {
	if err := w.unfold(); err != nil {
		return 0, err
	}
	if w.row == nil {
		w.row = make(map[string]int, len(w.done))
		for i, id := range w.done {
			w.row[id] = i
		}
	}
	i, ok := w.row[id]
	if !ok || !w.stamped {
		return 0, fmt.Errorf("%s has no vector of a photo %s that could be made anew", w.name, id)
	}
	return i, w.Flush()
}

// ReplacePhoto gives a done id the vector of what its photo's file holds now. A kill
// meanwhile leaves a stamp that no file has, so that the row is replaced again.
func (w *Writer) ReplacePhoto(id string, vector []float32, of stamp.Stamp) error {
	if len(vector) != w.dim {
		return fmt.Errorf("the vector of %s has the dimension %d, not %d", id, len(vector), w.dim)
	}
	i, err := w.place(id)
	if err != nil {
		return err
	}
	if err = w.void(i); err == nil {
		_, err = w.rows.WriteAt(asBytes(vector), headerSize+int64(i)*int64(4*w.dim))
	}
	if err == nil {
		_, err = w.photos.WriteAt(appendStamp(nil, of), stampPlace(i))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", w.name, wholefile.Explain(err))
	}
	w.stamps[i] = of
	return nil
}

// void gives a row a stamp that no file has.
func (w *Writer) void(i int) error {
	w.stamps[i] = stamp.Stamp{}
	_, err := w.photos.WriteAt(make([]byte, stampSize), stampPlace(i))
	return err
}

// Drop leaves done ids out of the set that Close makes: their photos are there no more.
func (w *Writer) Drop(ids []string) error {
	for _, id := range ids {
		i, err := w.place(id)
		if err != nil {
			return err
		}
		if err := w.void(i); err != nil {
			return fmt.Errorf("writing %s: %w", w.name, wholefile.Explain(err))
		}
		if w.dropped == nil {
			w.dropped = map[int]bool{}
		}
		w.dropped[i] = true
	}
	return nil
}

// compact writes the parts without the rows that were dropped. A kill meanwhile leaves
// parts without their key, and so the work to the next start.
func (w *Writer) compact() error {
	if len(w.dropped) == 0 {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := remove(w.name + ".ids.part"); err != nil {
		return err
	}
	err := wholefile.Write(w.name+".npy.part", func(to io.Writer) error {
		buf := bufio.NewWriterSize(to, 1<<20)
		if _, err := buf.Write(npyHeader(0, w.dim)); err != nil {
			return err
		}
		row := make([]byte, 4*w.dim)
		for i := range w.done {
			if w.dropped[i] {
				continue
			}
			if _, err := w.rows.ReadAt(row, headerSize+int64(i)*int64(len(row))); err != nil {
				return err
			}
			if _, err := buf.Write(row); err != nil {
				return err
			}
		}
		return buf.Flush()
	})
	var ids []string
	var stamps []stamp.Stamp
	for i, id := range w.done {
		if !w.dropped[i] {
			ids, stamps = append(ids, id), append(stamps, w.stamps[i])
		}
	}
	w.done, w.stamps, w.dropped, w.row = ids, stamps, nil, nil
	return w.reopen(err)
}

// reopen opens parts anew after the rows' were written, or failed to be.
func (w *Writer) reopen(err error) error {
	if err == nil {
		err = w.writeHead()
	}
	n := len(w.done)
	w.closeFiles()
	w.finished, w.done, w.stamps = false, nil, nil
	if err == nil {
		err = w.openParts()
	}
	if err == nil && len(w.done) != n {
		err = errors.New("the disk gave back other rows than were written")
	}
	w.finished = err != nil
	return err
}

// writeHead writes the stamps' and the ids' part as a whole. The ids, which tell what
// parts are of, come last.
func (w *Writer) writeHead() error {
	if err := writeStamps(w.name+".stamps.part", w.stamps); err != nil {
		return err
	}
	return wholefile.Write(w.name+".ids.part", func(to io.Writer) error {
		if _, err := io.WriteString(to, w.firstLine()); err != nil {
			return err
		}
		return w.writeIDs(to)
	})
}

// Restamp takes the stamps of all done rows anew: the same digests with the times that
// the files have now.
func (w *Writer) Restamp(stamps []stamp.Stamp) error {
	if !w.stamped || len(stamps) != len(w.done) {
		return fmt.Errorf("%d stamps are not those of the %d vectors of %s", len(stamps), len(w.done), w.name)
	}
	if w.whole {
		w.stamps = stamps
		return writeStamps(w.name+".stamps", stamps)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w.stamps = stamps
	if _, err := w.photos.WriteAt(allStamps(stamps), 0); err != nil {
		return fmt.Errorf("writing %s.stamps: %w", w.name, wholefile.Explain(err))
	}
	return nil
}
