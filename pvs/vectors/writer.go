package vectors

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Writer appends vectors to NAME.npy.part and NAME.ids.part, which take their final
// names when it is closed. A writer that is killed leaves the parts, and the next one
// of the same key goes on after the last whole row.
type Writer struct {
	name     string
	dim      int
	rows     *os.File
	ids      *os.File
	bufRows  *bufio.Writer
	bufIDs   *bufio.Writer
	done     []string
	finished bool
	lock     *onewriter.Held
}

// OpenWriter starts or goes on with a set. The key says what the vectors depend on
// (network, weights, image size, photos); parts of another key are thrown away. A set
// has one writer at a time: a second one, of this process or another, is refused.
func OpenWriter(name string, dim int, key string) (writer *Writer, err error) {
	if strings.ContainsRune(key, '\n') {
		return nil, errors.New("a writer's key is one line")
	}
	if dim < 1 {
		return nil, fmt.Errorf("vectors of dimension %d cannot be written to %s", dim, name)
	}
	w := &Writer{name: base(name), dim: dim}
	if w.lock, err = onewriter.Lock(w.name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.lock.Release()
		}
	}()
	wholefile.Sweep(w.name + ".ids")
	if err := w.takeBack(); err != nil {
		return nil, fmt.Errorf("going on with %s: %w", w.name, err)
	}
	if w.rows, err = os.OpenFile(w.name+".npy.part", os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("starting the vectors: %w", err)
	}
	if w.ids, err = os.OpenFile(w.name+".ids.part", os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		w.rows.Close()
		return nil, fmt.Errorf("starting the vectors: %w", err)
	}
	if err := w.recover(key); err != nil {
		w.closeFiles()
		return nil, fmt.Errorf("going on with %s: %w", w.name, wholefile.Explain(err))
	}
	w.bufRows, w.bufIDs = bufio.NewWriterSize(w.rows, 1<<20), bufio.NewWriterSize(w.ids, 1<<16)
	return w, nil
}

// takeBack undoes a Close that was killed between naming the rows and naming the ids:
// the rows become a part again.
func (w *Writer) takeBack() error {
	for file, there := range map[string]bool{".npy.part": false, ".ids": false, ".npy": true, ".ids.part": true} {
		if _, err := os.Lstat(w.name + file); (err == nil) != there {
			return nil // whatever is wrong with it, opening the parts will say
		}
	}
	return os.Rename(w.name+".npy", w.name+".npy.part")
}

// recover finds how many rows are whole in both parts and cuts off what is behind.
// The ids' part starts with a line of the key.
func (w *Writer) recover(key string) error {
	text, err := io.ReadAll(w.ids)
	if err != nil {
		return err
	}
	info, err := w.rows.Stat()
	if err != nil {
		return err
	}
	first := fmt.Sprintf("%d %s\n", w.dim, key)
	rowBytes := int64(4 * w.dim)
	idsEnd := int64(len(first))
	if rest, same := bytes.CutPrefix(text, []byte(first)); same && info.Size() >= headerSize {
		whole := int((info.Size() - headerSize) / rowBytes)
		for len(w.done) < whole {
			id, more, found := bytes.Cut(rest, []byte{'\n'})
			if !found {
				break
			}
			w.done = append(w.done, string(id))
			idsEnd += int64(len(id)) + 1
			rest = more
		}
	} else {
		if err := w.ids.Truncate(0); err != nil {
			return err
		}
		if _, err := w.ids.WriteAt([]byte(first), 0); err != nil {
			return err
		}
		if _, err := w.rows.WriteAt(npyHeader(0, w.dim), 0); err != nil {
			return err
		}
	}
	rowsEnd := headerSize + rowBytes*int64(len(w.done))
	if err := errors.Join(w.rows.Truncate(rowsEnd), w.ids.Truncate(idsEnd)); err != nil {
		return err
	}
	_, err1 := w.rows.Seek(rowsEnd, io.SeekStart)
	_, err2 := w.ids.Seek(idsEnd, io.SeekStart)
	return errors.Join(err1, err2)
}

// Done returns the ids that were written already, in order.
func (w *Writer) Done() []string { return w.done }

// Append adds a vector.
func (w *Writer) Append(id string, vector []float32) error {
	if len(vector) != w.dim {
		return fmt.Errorf("the vector of %s has the dimension %d, not %d", id, len(vector), w.dim)
	}
	if id == "" || strings.ContainsAny(id, "\n\r") {
		return fmt.Errorf("the id %q cannot be a line of an .ids file", id)
	}
	_, err1 := w.bufRows.Write(asBytes(vector))
	_, err2 := w.bufIDs.WriteString(id + "\n")
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("writing %s: %w", w.name, wholefile.Explain(err))
	}
	w.done = append(w.done, id)
	return nil
}

// Flush hands what was appended to the operating system: rows before ids, so that an
// id never stands for a row that is not there.
func (w *Writer) Flush() error {
	if err := w.bufRows.Flush(); err != nil {
		return fmt.Errorf("writing %s.npy: %w", w.name, wholefile.Explain(err))
	}
	if err := w.bufIDs.Flush(); err != nil {
		return fmt.Errorf("writing %s.ids: %w", w.name, wholefile.Explain(err))
	}
	return nil
}

// Close completes the set: both files appear under their names. After Suspend it does
// nothing. A Close that fails or is killed leaves what the next writer goes on from.
func (w *Writer) Close() error {
	if w.finished {
		return nil
	}
	defer w.lock.Release()
	err := w.Flush()
	if err == nil {
		_, err = w.rows.WriteAt(npyHeader(len(w.done), w.dim), 0)
	}
	if err == nil {
		err = w.rows.Sync()
	}
	w.closeFiles()
	if err == nil {
		// Without the old ids a reader in between finds no set rather than a mixed one.
		if err = os.Remove(w.name + ".ids"); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(w.name+".npy.part", w.name+".npy")
	}
	if err == nil {
		// The part stays until then: it has the key, by which a later writer goes on.
		err = wholefile.Write(w.name+".ids", w.writeIDs)
	}
	if err == nil {
		err = os.Remove(w.name + ".ids.part")
	}
	if err != nil {
		return fmt.Errorf("completing %s: %w", w.name, wholefile.Explain(err))
	}
	return nil
}

// Suspend leaves the parts for a later writer.
func (w *Writer) Suspend() error {
	if w.finished {
		return nil
	}
	defer w.lock.Release()
	err := w.Flush()
	w.closeFiles()
	return err
}

func (w *Writer) closeFiles() {
	w.finished = true
	w.rows.Close() // what matters was flushed and checked before
	w.ids.Close()
}

// writeIDs writes the ids without the line of the key.
func (w *Writer) writeIDs(file io.Writer) error {
	buf := bufio.NewWriter(file)
	for _, id := range w.done {
		if _, err := buf.WriteString(id + "\n"); err != nil {
			return err
		}
	}
	return buf.Flush()
}
