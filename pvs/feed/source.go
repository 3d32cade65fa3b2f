package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Source is a list of photos with labels that can be read in any order, by many
// goroutines at once.
type Source interface {
	Len() int
	// Label returns the class of a photo, or -1 where it has none that is known.
	Label(photo int) int32
	// Open reads a photo.
	Open(photo int) (*imageprep.RGB, error)
	// Size returns width and height without decoding the photo.
	Size(photo int) (width, height int, err error)
	// Digest is over the photos' ids, files and labels, not over their bytes: for those see [ContentsOf].
	Digest() string
}

// Classes are the categories that a classifier learns, sorted.
type Classes []string

// ClassesOf lists the categories of a split's photos.
func ClassesOf(c *catalog.Catalog, split catalog.Split) Classes {
	seen := map[string]bool{}
	var classes Classes
	for _, p := range c.Split(split) {
		if name := string(p.Category); name != "" && !seen[name] {
			seen[name] = true
			classes = append(classes, name)
		}
	}
	slices.Sort(classes)
	return classes
}

// Index returns the class of a category, or -1.
func (c Classes) Index(category string) int32 {
	if i, ok := slices.BinarySearch(c, category); ok {
		return int32(i)
	}
	return -1
}

// Catalog is a [Source] of a catalogue's photos.
type Catalog struct {
	catalog *catalog.Catalog
	photos  []catalog.Photo
	labels  []int32
	limits  imageprep.Limits
}

// Suffices lets Open decode JPEGs smaller as long as their longer side has so many pixels; see [imageprep.Limits].
func (s *Catalog) Suffices(pixels int) { s.limits.Suffices = pixels }

// FromCatalog returns the photos of a split.
func FromCatalog(c *catalog.Catalog, split catalog.Split, classes Classes) *Catalog {
	s := &Catalog{catalog: c, photos: c.Split(split)}
	for _, p := range s.photos {
		s.labels = append(s.labels, classes.Index(string(p.Category)))
	}
	return s
}

// Len returns the number of photos.
func (s *Catalog) Len() int { return len(s.photos) }

// Label returns a photo's class.
func (s *Catalog) Label(photo int) int32 { return s.labels[photo] }

// Open reads a photo; the error names it and its line.
func (s *Catalog) Open(photo int) (*imageprep.RGB, error) {
	p := s.photos[photo]
	m, err := imageprep.Open(s.catalog.File(p), s.limits)
	if err != nil {
		return nil, s.named(p, err)
	}
	return m, nil
}

// Size reads a photo's header.
func (s *Catalog) Size(photo int) (width, height int, err error) {
	p := s.photos[photo]
	f, err := os.Open(s.catalog.File(p))
	if err != nil {
		return 0, 0, s.named(p, err)
	}
	defer f.Close()
	config, _, err := image.DecodeConfig(f) // imageprep registers the formats
	if err != nil {
		return 0, 0, s.named(p, err)
	}
	return config.Width, config.Height, nil
}

func (s *Catalog) named(p catalog.Photo, err error) error {
	return fmt.Errorf("photo %s (%s line %d): %w", p.ID, catalog.PhotosFile, p.Line, err)
}

// Digest hashes ids, paths as the catalogue has them, and labels. So it is the same wherever the folder stands, and
// however it is named; the photos' bytes are compared on their own ([ContentsOf]).
func (s *Catalog) Digest() string {
	h := sha256.New()
	for i, p := range s.photos {
		fmt.Fprintf(h, "%q %q %d\n", p.ID, p.Path, s.labels[i]) // a hash's Write does not fail
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
