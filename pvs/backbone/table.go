package backbone

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Known is a network of the table: what it is called, and what is known of its file, but for the digest. None of their
// publishers has these networks as ONNX files with one vector a photo, so docs/backbones.py makes such a file of the
// weights at Source.
type Known struct {
	Name string `json:"name"`
	Settings
}

// networks is written by docs/backbones.py table, of what timm 1.0.31 says of the weights.
//
//go:embed networks.json
var networks []byte

// Table lists the known networks.
var Table = sync.OnceValue(func() (all []Known) {
	if err := json.Unmarshal(networks, &all); err != nil {
		panic(fmt.Sprintf("networks.json: %v", err)) // a test reads it
	}
	return all
})

// ErrAbsent marks a known network whose file is not there.
var ErrAbsent = errors.New("the network's file is not there")

// Find resolves what a user named: a file, or a network of the table, whose file is NAME.onnx in a folder.
func Find(name, folder string) (path string, known *Known, err error) {
	if strings.ContainsAny(name, "./\\") {
		return name, nil, nil
	}
	var names []string
	for _, k := range Table() {
		if k.Name != name {
			names = append(names, k.Name)
			continue
		}
		path = filepath.Join(folder, k.Name+".onnx")
		if _, err := os.Stat(path); err != nil {
			return "", nil, tag.Error(fmt.Errorf("the network %s is known, but its file %s is not there; it is made of %s "+
				"(licence: %s)", name, path, k.Source, k.Licence), ErrAbsent)
		}
		return path, &k, nil
	}
	return "", nil, fmt.Errorf("no network is called %q: name an ONNX file by its path, as ./%s, or one of %s", name, name,
		strings.Join(names, ", "))
}
