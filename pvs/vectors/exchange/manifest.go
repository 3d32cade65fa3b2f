package exchange

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// The manifest of TFRecord shards is NAME.json, as in package records. Where vectors
// NAME.npy are, that file says how they were made, and the manifest is NAME.tfrecord.json.
const otherManifest = ".tfrecord.json"

// manifestOf returns where the manifest of shards NAME-00000.tfrecord, ... is written.
func manifestOf(name string) string {
	path := name + ".json"
	if _, err := os.Stat(name + ".npy"); err == nil && !isManifest(path) {
		return name + otherManifest
	}
	return path
}

// manifestBeside returns the manifest that NAME.json stands for.
func manifestBeside(path string) string {
	other := strings.TrimSuffix(path, ".json") + otherManifest
	if _, err := os.Stat(other); err != nil {
		return path
	}
	if isManifest(path) {
		return path
	}
	return other
}

// isManifest says whether NAME.json is one of embeddings' shards.
func isManifest(path string) bool {
	m, err := records.ReadManifest(path)
	return err == nil && m.Dim > 0 && len(m.Shards) > 0
}

// stepAside gives a manifest NAME.json its other name before vectors NAME.npy come to
// stand beside it.
func stepAside(name string) error {
	path := name + ".json"
	if !isManifest(path) {
		return nil
	}
	if _, err := os.Stat(name + otherManifest); !errors.Is(err, fs.ErrNotExist) {
		return nil // two: the writer of the vectors says that one is in the way
	}
	return os.Rename(path, name+otherManifest)
}

// replacedRecords says what vectors shards hold that others replace; "" where they are of
// the same origin.
func replacedRecords(manifest string, by *vectors.Origin) string {
	m, err := records.ReadManifest(manifest)
	if err != nil || m.Dim == 0 {
		return "" // the writer says what is in the way
	}
	had, err := vectors.UnmarshalOrigin(m.Origin)
	if err != nil {
		had = nil
	}
	return vectors.Replaced(manifest, had, by)
}
