package records

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// progress is the first line of a progress file: which set its shards are of. Each
// line after it is a shard that is done, so that a set of a million photos is not
// written down again at every one.
type progress struct {
	Version int    `json:"version"`
	Key     string `json:"key"`
}

// progressFile stands until all shards are done.
func (w *writer) progressFile() string { return w.name + ".part.jsonl" }

// resume returns the shards of an interrupted or finished writing of the same items
// that are still there, and begins a progress file with them.
func (w *writer) resume() ([]Shard, error) {
	shards := w.finished()
	if shards == nil {
		shards = w.interrupted()
	}
	for i, s := range shards {
		if info, err := os.Stat(filepath.Join(filepath.Dir(w.name), s.File)); err != nil || info.Size() != s.Bytes {
			shards = shards[:i]
			break
		}
	}
	return shards, wholefile.Write(w.progressFile(), func(out io.Writer) error {
		lines := json.NewEncoder(out)
		err := lines.Encode(progress{manifestVersion, w.manifest.Key})
		for _, s := range shards {
			err = errors.Join(err, lines.Encode(s))
		}
		return err
	})
}

// finished returns the shards of the manifest if it is of the same items.
func (w *writer) finished() []Shard {
	m, err := ReadManifest(w.manifestFile)
	if err != nil || m.Key != w.manifest.Key {
		return nil
	}
	return m.Shards
}

// interrupted returns the shards of the progress file if it is of the same items. A
// line that a kill cut off ends them.
func (w *writer) interrupted() []Shard {
	f, err := os.Open(w.progressFile())
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	var of progress
	if lines.Decode(&of) != nil || of != (progress{manifestVersion, w.manifest.Key}) {
		return nil
	}
	var shards []Shard
	for {
		var s Shard
		if lines.Decode(&s) != nil {
			return shards
		}
		shards = append(shards, s)
	}
}

// note adds a shard to the progress file.
func (w *writer) note(s Shard) error {
	f, err := os.OpenFile(w.progressFile(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return wholefile.Explain(errors.Join(json.NewEncoder(f).Encode(s), f.Close()))
}
