package records

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unnamedEnd is behind a shard's name while an older set is there.
const unnamedEnd = ".new"

// path is where a shard is. One that had no name of its own has it once the old set's
// manifest is gone, and it was renamed.
func (w *writer) path(s doneShard) string {
	path := filepath.Join(filepath.Dir(w.name), s.File)
	if !s.Unnamed {
		return path
	}
	if _, err := os.Lstat(path + unnamedEnd); err != nil && !w.beside {
		return path
	}
	return path + unnamedEnd
}

// mayReplace makes sure that only a set of this package is replaced, and says what it was.
func (w *writer) mayReplace() error {
	data, err := os.ReadFile(w.manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return w.noOthersShards()
	}
	if err != nil {
		return err
	}
	w.beside = true
	m, err := parseManifest(w.manifestFile, data)
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return fmt.Errorf("%s is empty, perhaps made by the shell for its redirect (> %s), and would be the manifest: "+
			"redirect to another name, or remove it", w.manifestFile, w.manifestFile)
	case err == nil && m.Shards == nil, err != nil && !bytes.Contains(data, []byte(`"shards"`)):
		return fmt.Errorf("%s is in the way: it is no manifest of records; remove it, or name another output", w.manifestFile)
	case err == nil && m.Asked != w.manifest.Asked && m.kind() != w.manifest.kind():
		w.say(fmt.Sprintf("%s holds %s; they are replaced by %s", w.name, m.kind(), w.manifest.kind()))
	}
	return nil
}

// kind says in words what a set holds, but for how many; who made embeddings says more.
func (m *Manifest) kind() string {
	if m.Dim > 0 {
		return fmt.Sprintf("vectors of dimension %d", m.Dim)
	}
	return fmt.Sprintf("photos of the split %s of the catalogue %s (quality %d, pixels %d)", m.Split, m.Catalog, m.Quality,
		m.Pixels)
}

// noOthersShards refuses shards that no manifest and no interrupted writing explains.
func (w *writer) noOthersShards() error {
	first := filepath.Join(filepath.Dir(w.name), w.shardFile(0))
	if _, err := os.Lstat(first); err != nil {
		return nil
	}
	if _, err := os.Lstat(w.progressFile()); err == nil {
		return nil
	}
	return fmt.Errorf("%s is there without a manifest %s, so it may be another program's: "+
		"remove it, or name another output",
		first, w.manifestFile)
}

// replace gives the shards their names in place of an older set's, and writes what is said
// of them. The old manifest goes first, so that nobody reads it with new shards, and the new
// one comes last. A kill in between leaves the progress file, by which the next goes on.
func (w *writer) replace(shards []doneShard, m *Manifest) error {
	if err := remove(w.manifestFile); err != nil {
		return err
	}
	w.beside = false
	for _, s := range shards {
		named := filepath.Join(filepath.Dir(w.name), s.File)
		if at := w.path(s); at != named {
			if err := os.Rename(at, named); err != nil {
				return err
			}
		}
	}
	if err := w.writeStamps(shards); err != nil {
		return err
	}
	if err := w.removeFrom(len(shards)); err != nil {
		return err
	}
	if err := writeJSON(w.manifestFile, m); err != nil {
		return err
	}
	return errors.Join(w.removeUnnamed(), os.Remove(w.progressFile()))
}

// removeUnnamed removes what a writing that was given up left.
func (w *writer) removeUnnamed() error {
	entries, err := os.ReadDir(filepath.Dir(w.name))
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), filepath.Base(w.name)+"-")
		if ours && strings.HasSuffix(rest, ".tfrecord"+unnamedEnd) && len(rest) == len("00000.tfrecord"+unnamedEnd) {
			err = errors.Join(err, remove(filepath.Join(filepath.Dir(w.name), e.Name())))
		}
	}
	return err
}
