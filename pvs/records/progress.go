package records

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// progress is the first line of a progress file: which set its shards are of. Each
// line after it is a shard that is done, so that a set of a million photos is not
// written down again at every one.
type progress struct {
	Version int    `json:"version"`
	Key     string `json:"key"` // Manifest.Asked
}

// doneShard is a shard with the stamps of the files that it was made from.
type doneShard struct {
	Shard
	Stamps []string `json:"stamps,omitempty"`
	// Unnamed says that it was written beside an older set, and has its name since that is gone.
	Unnamed bool `json:"unnamed,omitempty"`
}

// items is the number of items that a shard was made from.
func (s *doneShard) items() int { return len(s.Photos) + len(s.Skipped) }

// progressFile stands until all shards are done.
func (w *writer) progressFile() string { return w.name + ".part.jsonl" }

// resume returns the shards of an interrupted or finished writing of the same items
// that are still there and whose photos are the same, and the manifest where that is all.
// Else it begins a progress file with them.
func (w *writer) resume() ([]doneShard, *Manifest, error) {
	shards, m, err := w.finished()
	if err != nil {
		return nil, nil, err
	}
	kept, err := w.keep(shards)
	if err != nil {
		return nil, nil, err
	}
	if m != nil && len(kept) == len(m.Shards) {
		return kept, m, nil
	}
	more, err := w.keep(w.interrupted())
	if err != nil {
		return nil, nil, err
	}
	if len(more) > len(kept) {
		kept = more
	}
	err = wholefile.Write(w.progressFile(), func(out io.Writer) error {
		lines := json.NewEncoder(out)
		err := lines.Encode(progress{manifestVersion, w.manifest.Asked})
		for _, s := range kept {
			err = errors.Join(err, lines.Encode(s))
		}
		return err
	})
	return kept, nil, err
}

// keep returns the first shards that need not be written again: those from the first
// that is not there, left something out that is not to be left out, or was made from
// other bytes are.
func (w *writer) keep(shards []doneShard) ([]doneShard, error) {
	first := 0
	for i, s := range shards {
		if info, err := os.Stat(w.path(s)); err != nil || info.Size() != s.Bytes {
			return shards[:i], nil
		}
		if len(s.Skipped) > 0 && !w.skipBad || first+s.items() > w.items {
			return shards[:i], nil
		}
		changed, err := w.changed(first, s)
		if err != nil {
			return nil, err
		}
		if changed != "" {
			w.say(fmt.Sprintf("%s; %s and the shards after it are written anew", changed, s.File))
			return shards[:i], nil
		}
		first += s.items()
	}
	return shards, nil
}

// remove deletes a file that may not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finished returns the manifest and its shards if it is of the same items.
func (w *writer) finished() ([]doneShard, *Manifest, error) {
	m, err := ReadManifest(w.manifestFile)
	if err != nil || m.Asked != w.manifest.Asked {
		return nil, nil, nil // none, or of another set: it is written anew
	}
	var stamps []string
	if w.file != nil {
		if stamps, err = w.readStamps(); err != nil {
			return nil, nil, err
		}
	}
	shards := make([]doneShard, len(m.Shards))
	for i, s := range m.Shards {
		shards[i].Shard = s
		n := min(shards[i].items(), len(stamps))
		shards[i].Stamps, stamps = stamps[:n], stamps[n:]
	}
	return shards, m, nil
}

// interrupted returns the shards of the progress file if it is of the same items. A
// line that a kill cut off ends them.
func (w *writer) interrupted() []doneShard {
	f, err := os.Open(w.progressFile())
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := json.NewDecoder(bufio.NewReaderSize(f, 1<<20))
	var of progress
	if lines.Decode(&of) != nil || of != (progress{manifestVersion, w.manifest.Asked}) {
		return nil
	}
	var shards []doneShard
	for {
		var s doneShard
		if lines.Decode(&s) != nil {
			return shards
		}
		shards = append(shards, s)
	}
}

// note adds a shard to the progress file.
func (w *writer) note(s doneShard) error {
	f, err := os.OpenFile(w.progressFile(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	return wholefile.Explain(errors.Join(json.NewEncoder(f).Encode(s), f.Close()))
}
