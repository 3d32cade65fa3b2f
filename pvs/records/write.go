package records

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/jpeg"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Options of [Write]; zero values are defaults.
type Options struct {
	Quality    int   // of the JPEGs; 0: 95
	Pixels     int   // larger squares are resized to this side; 0: none is
	ShardBytes int64 // a shard ends with the record that reaches this; 0: 128 MiB
	SkipBad    bool  // leave out photos that cannot be read, and list them
	Progress   func(done, total int)
	Log        func(string) // gets a line where shards are written anew because of their photos; may be nil
}

// Write makes shards NAME-00000.tfrecord, ... and the manifest NAME.json of a split's
// photos, in the catalogue's order: padded to squares with the mean of their perimeter
// and encoded as JPEG, with the index of the category in classes as label. Shards
// that are done are kept: interrupted or killed, it goes on with the next and ends with
// the same bytes. A set that is there before stays whole until the new one is.
// NAME.stamps has size, times and SHA-256 of each photo's file: from the first photo on
// that was replaced, shards are written anew. The set has one writer at a time; another
// one is refused.
func Write(ctx context.Context, c *catalog.Catalog, split catalog.Split, classes []string, name string,
	opts Options) (*Manifest, error) {
	if opts.Quality == 0 {
		opts.Quality = 95
	}
	if opts.ShardBytes == 0 {
		opts.ShardBytes = 128 << 20
	}
	photos := c.Split(split)
	switch {
	case opts.Quality < 1 || opts.Quality > 100:
		return nil, fmt.Errorf("a JPEG quality of %d is not in 1 to 100", opts.Quality)
	case opts.Pixels < 0 || opts.ShardBytes < 1:
		return nil, fmt.Errorf("squares of %d pixels in shards of %d bytes cannot be written", opts.Pixels, opts.ShardBytes)
	case len(photos) == 0:
		return nil, fmt.Errorf("the catalogue %s has no photos in the split %s", c.Dir, split)
	}
	p := &photoSet{catalog: c, photos: photos, classes: classes, opts: opts}
	w := &writer{name: name, manifestFile: manifestFile(name), items: len(photos), encode: p.item,
		shardBytes: opts.ShardBytes, skipBad: opts.SkipBad, progress: opts.Progress,
		file: func(i int) string { return c.File(photos[i]) }, log: opts.Log,
		manifest: Manifest{Quality: opts.Quality, Pixels: opts.Pixels, Catalog: c.Dir, Split: string(split),
			Classes: classes, Asked: p.asked()}}
	return w.write(ctx)
}

// photoSet is the photos being written.
type photoSet struct {
	catalog *catalog.Catalog
	photos  []catalog.Photo
	classes []string
	opts    Options
}

// asked hashes what the shards are of: the photos' names and how they are written.
func (s *photoSet) asked() string {
	h := sha256.New()
	// A hash's Write does not fail.
	fmt.Fprintf(h, "%d %d %d %q\n", s.opts.Quality, s.opts.Pixels, s.opts.ShardBytes, s.classes)
	for _, p := range s.photos {
		fmt.Fprintf(h, "%q %q %q\n", p.ID, p.Path, p.Category)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// item makes a photo's record.
func (s *photoSet) item(i int) item {
	p := s.photos[i]
	frame, stamp, err := s.encode(p)
	if err != nil {
		err = fmt.Errorf("photo %s (%s line %d): %w", p.ID, catalog.PhotosFile, p.Line, err)
	}
	return item{p.ID, frame, stamp, err}
}

// encode makes a photo's record, and the stamp of its file.
func (s *photoSet) encode(p catalog.Photo) (frame []byte, stamp string, err error) {
	m, stamp, err := openStamped(s.catalog.File(p))
	if err != nil {
		return nil, stamp, err
	}
	if n := s.opts.Pixels; n > 0 && max(m.Width, m.Height) > n {
		square := make([]float32, 3*n*n)
		imageprep.Square(m, n, square)
		m = imageprep.NewRGB(n, n)
		for i, v := range square {
			m.Pix[i] = uint8(v + 0.5)
		}
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, imageprep.PadSquare(m).Image(), &jpeg.Options{Quality: s.opts.Quality}); err != nil {
		return nil, stamp, fmt.Errorf("encoding it: %w", err)
	}
	label := int64(-1)
	if i, ok := slices.BinarySearch(s.classes, string(p.Category)); ok {
		label = int64(i)
	}
	return appendFrame(nil, Record{Image: jpg.Bytes(), Label: label}.example().marshal()), stamp, nil
}
