package download

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// record is a line of the journal: a file that came, or, without an address, the number of a round that has ended.
type record struct {
	Address string `json:"url,omitempty"`
	ETag    string `json:"etag,omitempty"`
	Changed string `json:"last_modified,omitempty"`
	Size    int64  `json:"size,omitempty"` // bytes
	SHA256  string `json:"sha256,omitempty"`
	File    string `json:"file,omitempty"` // in the folder, with slashes
	Round   int    `json:"round"`          // in which it came, or was found to be the same
}

// journal is the list of what has come, a line each, the last of an address in force. A line is written after its file
// has its name.
type journal struct {
	path  string
	of    map[string]record
	ended int       // the last round that has ended
	last  int       // the last round of a file
	wrote time.Time // when something last came
	file  *os.File
}

// openJournal reads the journal and opens it to be written on. A last line that a kill cut off is dropped.
func openJournal(path string) (*journal, error) {
	j := &journal{path: path, of: map[string]record{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil {
		j.wrote = info.ModTime()
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	for i, line := range bytes.Split(data[:whole], []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s line %d is damaged (%w): remove that line, and its file is downloaded again",
				path, i+1, err)
		}
		j.take(r)
	}
	if j.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	if err := j.file.Truncate(int64(whole)); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	if _, err := j.file.Seek(int64(whole), io.SeekStart); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

func (j *journal) take(r record) {
	if r.Address == "" {
		j.ended = max(j.ended, r.Round)
		return
	}
	j.of[r.Address], j.last = r, max(j.last, r.Round)
}

// round is the one that goes on, or the next one; stale as in [Options].
func (j *journal) round(stale time.Duration) int {
	if stale > 0 && time.Since(j.wrote) > stale {
		return max(j.last, j.ended) + 1
	}
	return max(j.last, j.ended+1)
}

// add writes a line.
func (j *journal) add(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing %s: %w", j.path, wholefile.Explain(err))
	}
	j.take(r)
	return nil
}

// end ends a round: the journal is written anew, with the addresses that are kept.
func (j *journal) end(round int, kept []string) error {
	if err := j.close(); err != nil {
		return err
	}
	return wholefile.Write(j.path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		written := map[string]bool{}
		for _, address := range kept {
			r, ok := j.of[address]
			if !ok || written[address] {
				continue
			}
			written[address] = true
			if err := e.Encode(r); err != nil {
				return err
			}
		}
		if err := e.Encode(record{Round: round}); err != nil {
			return err
		}
		return b.Flush()
	})
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}
