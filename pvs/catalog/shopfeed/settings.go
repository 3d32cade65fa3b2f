package shopfeed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// settings are what a catalogue depends on beside the feed. They are noted with it, and taken again by Sync.
type settings struct {
	Variants Variants `json:"variants"`
	Latin1   bool     `json:"latin1,omitempty"`
	Queries  int      `json:"queries"`
	Train    float64  `json:"train"`
	Val      float64  `json:"val"`
}

// madeBy starts what is noted of a catalogue of a feed.
const madeBy = "a feed of kind "

// made is what is noted of a catalogue.
func made(src source, kind Kind, s settings) (catalog.Made, error) {
	text, err := json.Marshal(s)
	return catalog.Made{By: madeBy + string(kind), Of: src.String(), Settings: string(text)}, err
}

// checkImport refuses a folder with the catalogue of another source. Other settings make it anew.
func checkImport(m catalog.Made, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, catalog.PhotosFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	had, err := catalog.ReadMade(dir)
	if err != nil {
		return err
	}
	if strings.HasPrefix(had.By, madeBy) && had.By == m.By && had.Of != m.Of {
		return tag.Error(fmt.Errorf("%s holds the catalogue of the feed %s: name another folder, or bring %s into it "+
			"as a newer state of the same feed", dir, had.Of, m.Of), ErrAnother)
	}
	m.Settings = had.Settings
	return m.Check(dir, catalog.PhotosFile)
}

// noted reads what is noted of a folder's catalogue.
func noted(dir string) (kind Kind, s settings, err error) {
	had, err := catalog.ReadMade(dir)
	if err != nil {
		return "", s, err
	}
	name, ok := strings.CutPrefix(had.By, madeBy)
	if !ok {
		return "", s, tag.Error(fmt.Errorf("%s holds no catalogue of a feed, but of %s", dir, had), ErrNoFeed)
	}
	if err := json.Unmarshal([]byte(had.Settings), &s); err != nil {
		return "", s, fmt.Errorf("%s in %s should say how the feed was read, but does not (%w): import the feed again",
			catalog.MadeFile, dir, err)
	}
	kind = Kind(name)
	return kind, s, kind.check()
}
