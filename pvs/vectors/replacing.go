package vectors

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Replacing says, in one sentence, what a set NAME holds that vectors of another origin, or
// of other photos, would replace; "" where nothing is there, or a set of the same.
func Replacing(name string, by *Origin) string {
	name = base(name)
	s, err := readSidecar(name)
	if err != nil || s == nil {
		return "" // what is wrong with it the writer says
	}
	return Replaced(name, s.origin(), by)
}

// Replaced says what vectors a file or set holds, and by what they are replaced; "" where
// both are of the same origin, or nothing is known of either.
func Replaced(name string, had, by *Origin) string {
	if !had.Known() && !by.Known() {
		return ""
	}
	var differ []string
	if had.Known() && by.Known() {
		differ = had.differences(by)
		photos := had.Split != by.Split || had.Catalog != by.Catalog
		if had.Augmented != by.Augmented {
			differ = append(differ, inAugmented)
		}
		if len(differ) == 0 && (!photos || by.Split == "") {
			return ""
		}
	}
	return fmt.Sprintf("%s holds vectors %s; they are replaced by vectors %s", name, had.ofWhat(differ), by.ofWhat(differ))
}

// ofWhat names the network and the photos.
func (o *Origin) ofWhat(differ []string) string {
	if !o.Known() {
		return "of which it is not known what made them"
	}
	text := "by " + o.describe(differ)
	if o.Split != "" {
		text += fmt.Sprintf(", of the split %s of %s", o.Split, o.Catalog)
	}
	return text
}

// mayReplace makes sure that no other program's NAME.json or NAME.npy would be lost.
func (w *Writer) mayReplace() error {
	path := w.name + ".json"
	_, err := loadSidecar(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return w.ownRows()
	case errors.Is(err, errOtherJSON):
		return fmt.Errorf("%s is the manifest of TFRecord shards, but beside %s.npy it would say how those "+
			"vectors were made; name the vectors differently, or the manifest %s.tfrecord.json",
			path, w.name, w.name)
	case emptyFile(path):
		return fmt.Errorf("%s is empty, perhaps made by the shell for its redirect (> %s), and beside %s.npy it would say "+
			"how those vectors were made; redirect to another name, or remove it", path, path, w.name)
	}
	return fmt.Errorf("%s is in the way: beside %s.npy it should say how those vectors were made, but %w; "+
		"remove it, or name the vectors differently", path, w.name, err)
}

// ownRows refuses a NAME.npy without NAME.json, unless an interrupted writer, whose ids' part
// is there, took that away.
func (w *Writer) ownRows() error {
	if _, err := os.Lstat(w.name + ".npy"); err != nil {
		return nil
	}
	if _, err := os.Lstat(w.name + ".ids.part"); err == nil {
		return nil
	}
	return fmt.Errorf("%s.npy is there without a %s.json, so it may be another program's: remove it, or name the "+
		"vectors differently", w.name, w.name)
}

func emptyFile(path string) bool {
	data, err := os.ReadFile(path)
	return err == nil && len(bytes.TrimSpace(data)) == 0
}
