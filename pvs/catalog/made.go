package catalog

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// MadeFile says, in a catalogue's folder, which program made the catalogue, and of what.
const MadeFile = "made.json"

// Made is what a catalogue was made by, and of what. The same again goes on, or makes the
// catalogue anew; another one is refused the folder.
type Made struct {
	By string `json:"by"` // "an import", "pvs data synth"
	Of string `json:"of"` // for people, too: the source's path, or "seed 1, 320 pixels"
	// Settings are all others that photos depend on.
	Settings string `json:"settings,omitempty"`
}

// String is it in words.
func (m Made) String() string {
	switch {
	case m.By == "":
		return "another program or person"
	case m.Of == "":
		return m.By
	}
	return fmt.Sprintf("%s (%s)", m.By, m.Of)
}

// Check makes sure that a folder has no catalogue, or that it was made by the same. It has
// one if it has any of the files and folders that owned names. Who writes has its [Lock].
func (m Made) Check(dir string, owned ...string) error {
	var there []string
	for _, name := range owned {
		if holds(filepath.Join(dir, name)) {
			there = append(there, name)
		}
	}
	if there == nil {
		return nil
	}
	had, err := ReadMade(dir)
	if err != nil || had == m {
		return err
	}
	return fmt.Errorf("%s holds a catalogue of %s, which %s would spoil: name another folder, "+
		"or move its %s away", dir, had, m, strings.Join(there, " and "))
}

// holds says whether a file, or a folder that is not empty, is there.
func holds(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return err == nil
	}
	entries, err := os.ReadDir(path)
	return err != nil || len(entries) > 0
}

// ReadMade reads what made a folder's catalogue; the zero value where that is not known.
func ReadMade(dir string) (m Made, err error) {
	path := filepath.Join(dir, MadeFile)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return Made{}, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		err = fmt.Errorf("%s should say what made the catalogue, but cannot be read (%w): name another folder, "+
			"or remove that file and photos.csv", path, err)
	}
	return m, err
}

// Write notes it in the folder, before the first file that depends on it.
func (m Made) Write(dir string) error {
	return wholefile.Write(filepath.Join(dir, MadeFile), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		return e.Encode(m)
	})
}
