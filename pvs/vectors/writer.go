package vectors

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Writer appends vectors to NAME.npy.part and NAME.ids.part, which take their final
// names when it is closed. A writer that is killed leaves the parts, and the next one
// of the same key goes on after the last whole row.
type Writer struct {
	name    string
	dim     int
	key     string
	stamped bool
	origin  Origin
	rows    *os.File
	ids     *os.File
	photos  *os.File // stamps; nil without
	bufRows *bufio.Writer
	bufIDs  *bufio.Writer
	done    []string
	stamps  []stamp.Stamp  // of done; those that are not in the file yet are its tail
	flushed int            // stamps that are in the file
	row     map[string]int // of an id of done; nil until it is asked for
	dropped map[int]bool   // rows that Close leaves out
	// whole says that the complete set is of this key and nothing was written since: its
	// files are not parts yet.
	whole    bool
	finished bool
	lock     *onewriter.Held
}

// OpenWriter starts or goes on with a set. The key says what the vectors depend on
// (network, weights, image size, photos); parts of another key are thrown away. A set
// has one writer at a time: a second one, of this process or another, is refused, and so is
// one over a NAME.npy or NAME.json of another program.
func OpenWriter(name string, dim int, key string) (*Writer, error) {
	return open(&Writer{name: base(name), dim: dim, key: key})
}

// OpenStamped is [OpenWriter] for vectors of photos, whose stamps are kept in
// NAME.stamps. It goes on with a complete set of the same key, too: its ids are then
// done, and closed without a change it stays what it is.
func OpenStamped(name string, dim int, key string) (*Writer, error) {
	return open(&Writer{name: base(name), dim: dim, key: key, stamped: true})
}

func open(w *Writer) (writer *Writer, err error) {
	if strings.ContainsRune(w.key, '\n') {
		return nil, errors.New("a writer's key is one line")
	}
	if err := CheckName(w.name); err != nil {
		return nil, err
	}
	if w.dim < 1 {
		return nil, fmt.Errorf("vectors of dimension %d cannot be written to %s", w.dim, w.name)
	}
	if w.lock, err = onewriter.Lock(w.name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.lock.Release()
		}
	}()
	wholefile.Sweep(w.name + ".ids")
	wholefile.Sweep(w.name + ".json")
	if err := w.mayReplace(); err != nil {
		return nil, err
	}
	err = w.takeBack()
	if err == nil && w.stamped && !w.begun() {
		w.takeWhole()
	}
	if err == nil && !w.whole {
		err = w.openParts()
	}
	if err != nil {
		return nil, fmt.Errorf("going on with %s: %w", w.name, wholefile.Explain(err))
	}
	return w, nil
}

// takeBack undoes a Close that was killed between naming the rows and naming the ids:
// the rows become a part again, and so do the stamps.
func (w *Writer) takeBack() error {
	for file, there := range map[string]bool{".npy.part": false, ".ids": false, ".npy": true, ".ids.part": true} {
		if _, err := os.Lstat(w.name + file); (err == nil) != there {
			return nil // whatever is wrong with it, opening the parts will say
		}
	}
	if _, err := os.Lstat(w.name + ".stamps"); err == nil { // without a part Close had renamed it already
		if err := os.Rename(w.name+".stamps", w.name+".stamps.part"); err != nil {
			return err
		}
	}
	return os.Rename(w.name+".npy", w.name+".npy.part")
}

// firstLine of the ids' part says what the parts are of.
func (w *Writer) firstLine() string { return fmt.Sprintf("%d %s\n", w.dim, w.key) }

// begun says whether there are parts of the key.
func (w *Writer) begun() bool {
	f, err := os.Open(w.name + ".ids.part")
	if err != nil {
		return false
	}
	defer f.Close()
	line := make([]byte, len(w.firstLine()))
	if _, err := io.ReadFull(f, line); err != nil || string(line) != w.firstLine() {
		return false
	}
	_, err = os.Stat(w.name + ".npy.part")
	return err == nil
}

// openParts opens or makes the parts and finds what is whole in them.
func (w *Writer) openParts() error {
	parts := map[string]**os.File{".npy.part": &w.rows, ".ids.part": &w.ids}
	if w.stamped {
		parts[".stamps.part"] = &w.photos
	}
	for end, to := range parts {
		f, err := os.OpenFile(w.name+end, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			w.closeFiles()
			return err
		}
		*to = f
	}
	if err := w.recover(); err != nil {
		w.closeFiles()
		return err
	}
	w.bufRows, w.bufIDs = bufio.NewWriterSize(w.rows, 1<<20), bufio.NewWriterSize(w.ids, 1<<16)
	return nil
}

// recover finds how many rows are whole in all parts and cuts off what is behind.
// The ids' part starts with a line of the key.
func (w *Writer) recover() error {
	text, err := io.ReadAll(w.ids)
	if err != nil {
		return err
	}
	info, err := w.rows.Stat()
	if err != nil {
		return err
	}
	var stamps []stamp.Stamp
	if w.stamped {
		stamps, err = readStamps(w.photos)
	}
	first := w.firstLine()
	rowBytes := int64(4 * w.dim)
	idsEnd := int64(len(first))
	if rest, same := bytes.CutPrefix(text, []byte(first)); same && info.Size() >= headerSize && err == nil {
		whole := int((info.Size() - headerSize) / rowBytes)
		if w.stamped {
			whole = min(whole, len(stamps))
		}
		for len(w.done) < whole {
			id, more, found := bytes.Cut(rest, []byte{'\n'})
			if !found {
				break
			}
			w.done = append(w.done, string(id))
			idsEnd += int64(len(id)) + 1
			rest = more
		}
	} else if err := w.restart(first); err != nil {
		return err
	}
	rowsEnd := headerSize + rowBytes*int64(len(w.done))
	if err := errors.Join(w.rows.Truncate(rowsEnd), w.ids.Truncate(idsEnd)); err != nil {
		return err
	}
	if w.stamped {
		w.stamps, w.flushed = stamps[:len(w.done)], len(w.done)
		if err := w.photos.Truncate(stampPlace(len(w.done))); err != nil {
			return err
		}
	}
	_, err1 := w.rows.Seek(rowsEnd, io.SeekStart)
	_, err2 := w.ids.Seek(idsEnd, io.SeekStart)
	return errors.Join(err1, err2)
}

// restart empties the parts and writes what they begin with.
func (w *Writer) restart(first string) error {
	if err := w.ids.Truncate(0); err != nil {
		return err
	}
	if w.stamped {
		if _, err := w.photos.WriteAt([]byte(stampMagic), 0); err != nil {
			return err
		}
	}
	if _, err := w.rows.WriteAt(npyHeader(0, w.dim), 0); err != nil {
		return err
	}
	_, err := w.ids.WriteAt([]byte(first), 0)
	return err
}

// Done returns the ids that were written already, in order.
func (w *Writer) Done() []string { return w.done }

// Stamps returns the stamps of the photos of Done.
func (w *Writer) Stamps() []stamp.Stamp { return w.stamps }

// Describe says what made the vectors and of what; by which program and when is filled
// in where it is not given. Without it NAME.json has the dimension, rows, digests and key.
func (w *Writer) Describe(o Origin) { w.origin = o }

// Append adds a vector.
func (w *Writer) Append(id string, vector []float32) error {
	return w.append(id, vector, nil)
}

// AppendPhoto adds the vector of a photo whose file has the stamp.
func (w *Writer) AppendPhoto(id string, vector []float32, of stamp.Stamp) error {
	return w.append(id, vector, &of)
}

func (w *Writer) append(id string, vector []float32, of *stamp.Stamp) error {
	if len(vector) != w.dim {
		return fmt.Errorf("the vector of %s has the dimension %d, not %d", id, len(vector), w.dim)
	}
	if id == "" || strings.ContainsAny(id, "\n\r\x00") || strings.HasPrefix(id, plaintext.Mark) || !utf8.ValidString(id) {
		return fmt.Errorf("the id %q cannot be a line of an .ids file", id)
	}
	if (of != nil) != w.stamped {
		return fmt.Errorf("the vectors of %s have stamps of photos, or have none, all of them", w.name)
	}
	if err := w.unfold(); err != nil {
		return err
	}
	_, err1 := w.bufRows.Write(asBytes(vector))
	_, err2 := w.bufIDs.WriteString(id + "\n")
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("writing %s: %w", w.name, wholefile.Explain(err))
	}
	w.done = append(w.done, id)
	if of != nil {
		w.stamps = append(w.stamps, *of)
	}
	return nil
}

// Flush hands what was appended to the operating system: rows and stamps before ids, so
// that an id never stands for a row that is not there.
func (w *Writer) Flush() error {
	if w.whole {
		return nil
	}
	if err := w.bufRows.Flush(); err != nil {
		return fmt.Errorf("writing %s.npy: %w", w.name, wholefile.Explain(err))
	}
	if w.stamped && w.flushed < len(w.stamps) {
		tail := allStamps(w.stamps[w.flushed:])[len(stampMagic):]
		if _, err := w.photos.WriteAt(tail, stampPlace(w.flushed)); err != nil {
			return fmt.Errorf("writing %s.stamps: %w", w.name, wholefile.Explain(err))
		}
		w.flushed = len(w.stamps)
	}
	if err := w.bufIDs.Flush(); err != nil {
		return fmt.Errorf("writing %s.ids: %w", w.name, wholefile.Explain(err))
	}
	return nil
}

// Close completes the set: its files appear under their names, the ids last. After
// Suspend it does nothing. A Close that fails or is killed leaves what the next writer
// goes on from.
func (w *Writer) Close() error {
	if w.finished {
		return nil
	}
	defer w.lock.Release()
	err := w.complete()
	if err != nil {
		return fmt.Errorf("completing %s: %w", w.name, wholefile.Explain(err))
	}
	return nil
}

func (w *Writer) complete() error {
	if w.whole {
		w.finished = true
		return errors.Join(w.describeAgain(), remove(w.name+".npy.part", w.name+".stamps.part", w.name+".ids.part"))
	}
	if err := w.compact(); err != nil {
		return err
	}
	note, err := w.seal()
	w.closeFiles()
	if err != nil {
		return err
	}
	for _, step := range w.naming(note) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// naming are the steps that give the files their names. Between any two of them a reader
// finds the old set, the new one, or none, and the next writer goes on.
func (w *Writer) naming(note *sidecar) []func() error {
	rename := func(end string) func() error {
		return func() error { return os.Rename(w.name+end+".part", w.name+end) }
	}
	steps := []func() error{
		// Without the old ids a reader in between finds no set rather than a mixed one.
		func() error { return remove(w.name + ".ids") },
		func() error { return remove(w.name + ".json") },
		func() error { return remove(w.name + ".stamps") },
		rename(".npy"),
	}
	if w.stamped {
		steps = append(steps, rename(".stamps"))
	}
	return append(steps,
		func() error { return note.write(w.name + ".json") },
		// The ids' part stays until then: it has the key, by which a later writer goes on.
		func() error { return wholefile.Write(w.name+".ids", w.writeIDs) },
		func() error { return remove(w.name+".ids.part", w.name+".stamps.part") })
}

// seal completes the parts and makes the note on them.
func (w *Writer) seal() (*sidecar, error) {
	err := w.Flush()
	if err == nil {
		_, err = w.rows.WriteAt(npyHeader(len(w.done), w.dim), 0)
	}
	if err == nil {
		err = w.rows.Sync()
	}
	if err == nil && w.stamped {
		w.origin.Photos = digestPhotos(w.stamps)
		err = w.photos.Sync()
	}
	if err != nil {
		return nil, err
	}
	w.origin.made()
	note := &sidecar{Origin: w.origin, Dim: w.dim, Rows: len(w.done), IDs: DigestIDs(w.done), Key: cleanText(w.key)}
	note.Values, err = checksumOf(io.NewSectionReader(w.rows, headerSize, int64(len(w.done))*int64(4*w.dim)))
	return note, err
}

// describeAgain notes what has another name or place since the complete set was made.
func (w *Writer) describeAgain() error {
	s, err := readSidecar(w.name)
	if err != nil || s == nil {
		return err
	}
	had, now := s.Origin, w.origin
	now.Photos, now.Engine, now.Program, now.Date = had.Photos, had.Engine, had.Program, had.Date
	if s.Origin = *now.clean(); s.sum() == s.Sum {
		return nil
	}
	return s.write(w.name + ".json")
}

func remove(files ...string) error {
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
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
	for _, f := range []*os.File{w.rows, w.ids, w.photos} {
		if f != nil {
			f.Close() // what matters was flushed and checked before
		}
	}
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
