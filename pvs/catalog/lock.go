package catalog

import "github.com/gopvs/product-visual-search/pvs/internal/onewriter"

// Lock gives a catalogue's folder, which is made if need be, to one writer at a time:
// for who writes photos into it, not photos.csv alone. Where another process has it the
// error says so and names the way out. Release gives it back.
func Lock(dir string) (release func(), err error) {
	held, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	return held.Release, nil
}
