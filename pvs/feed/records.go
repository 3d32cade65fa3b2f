package feed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image/jpeg"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/records"
)

// Records is a [Source] of the photos in TFRecord shards, which were padded when they
// were written. A padded photo's side is the longer side of the photo, so A10 selects the
// same photos.
type Records struct {
	set    *records.Set
	labels []int32
	sums   [][sha256.Size]byte // of each record's photo
}

// FromRecords returns the photos of a set. All records are read once for their labels,
// which checks them too. A damaged one is an error, or with skipBad a photo without a
// label that cannot be opened, for [Unreadable] to name.
func FromRecords(set *records.Set, skipBad bool) (*Records, error) {
	s := &Records{set: set}
	for i := range set.Len() {
		r, err := set.At(i)
		if err != nil && skipBad {
			s.labels, s.sums = append(s.labels, -1), append(s.sums, [sha256.Size]byte{})
			continue
		}
		if err != nil {
			return nil, tag.Error(err, catalog.ErrBad)
		}
		if r.Label < -1 || r.Label >= int64(len(set.Manifest.Classes)) {
			return nil, fmt.Errorf("photo %s has the label %d, but there are %d classes; write the records again",
				set.ID(i), r.Label, len(set.Manifest.Classes))
		}
		s.labels, s.sums = append(s.labels, int32(r.Label)), append(s.sums, sha256.Sum256(r.Image))
	}
	return s, nil
}

// Len returns the number of photos.
func (s *Records) Len() int { return s.set.Len() }

// Label returns a photo's class.
func (s *Records) Label(photo int) int32 { return s.labels[photo] }

// Open decodes a photo.
func (s *Records) Open(photo int) (*imageprep.RGB, error) {
	r, err := s.set.At(photo)
	if err != nil {
		return nil, err
	}
	return imageprep.Decode(bytes.NewReader(r.Image), "the record of photo "+s.set.ID(photo), imageprep.Limits{})
}

// Size reads a photo's header.
func (s *Records) Size(photo int) (width, height int, err error) {
	r, err := s.set.At(photo)
	if err != nil {
		return 0, 0, err
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(r.Image))
	if err != nil {
		return 0, 0, fmt.Errorf("the record of photo %s: %w", s.set.ID(photo), err)
	}
	return config.Width, config.Height, nil
}

// Digest is the set's key.
func (s *Records) Digest() string { return "records " + s.set.Manifest.Key }
