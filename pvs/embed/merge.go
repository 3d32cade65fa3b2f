package embed

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// embedded is a part that is to be merged.
type embedded struct {
	*vectors.Rows
	name   string
	stamps []stamp.Stamp
	part   catalog.Part
	maker  string // the embedder's part of the key
	next   int    // row that is likely to be asked for next
	rows   map[string]int
}

// row is a photo's. Rows mostly have the order of photos.
func (s *embedded) row(id string) (row int, there bool) {
	if s.next < len(s.IDs) && s.IDs[s.next] == id {
		s.next++
		return s.next - 1, true
	}
	if s.rows == nil {
		s.rows = make(map[string]int, len(s.IDs))
		for i, id := range s.IDs {
			s.rows[id] = i
		}
	}
	row, there = s.rows[id]
	if there {
		s.next = row + 1
	}
	return row, there
}

// Merge puts the sets of all parts of photos ([RunOptions].Part), in any order, together: the files are those of one
// [Run] over all photos, to the byte but for the date, and a later Run goes on with them. Photos that a part left out
// are left out, and listed in the result. A part that is missing, doubled, or of other photos, of another network or of
// another number of parts is an error. It needs neither network nor photos. Cancelled, it goes on at its next start.
func Merge(ctx context.Context, parts []string, photos []Photo, name string, opts RunOptions) (result Result,
	err error) {
	var sets []*embedded
	defer func() {
		for _, s := range sets {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, p := range parts {
		s, err := openPart(p)
		if err != nil {
			return result, err
		}
		sets = append(sets, s)
	}
	if sets, err = inOrder(sets); err != nil {
		return result, err
	}
	own := make([][]Photo, len(sets)) // of each part
	for _, p := range photos {
		n := catalog.PartOf(p.ID, len(sets)).Number - 1
		own[n] = append(own[n], p)
	}
	for n, s := range sets {
		if err := s.isOf(own[n], opts); err != nil {
			return result, err
		}
	}
	first := sets[0]
	w, err := vectors.OpenStamped(name, first.Dim, keyOf(first.maker, photos))
	if err != nil {
		return result, err
	}
	origin := *first.Origin
	if err := ofPhotos(&origin, photos, opts); err != nil {
		return result, errors.Join(err, w.Suspend())
	}
	w.Describe(origin)
	if result, err = merge(ctx, sets, photos, w, opts); err != nil {
		return result, errors.Join(err, w.Suspend())
	}
	result.Vectors = w.Len()
	return result, w.Close()
}

// openPart opens one and checks its values.
func openPart(name string) (*embedded, error) {
	rows, err := vectors.OpenRows(name)
	if err != nil {
		return nil, err
	}
	s := &embedded{Rows: rows, name: strings.TrimSuffix(name, ".npy")}
	fail := func(err error) (*embedded, error) { return nil, errors.Join(err, rows.Close()) }
	if err := rows.Verify(); err != nil {
		return fail(err)
	}
	if !rows.Origin.Known() || rows.Origin.Part == "" {
		return fail(fmt.Errorf("%s is not a part of a split's photos: embed it as one", s.name))
	}
	if s.part, err = catalog.ParsePart(rows.Origin.Part); err != nil {
		return fail(fmt.Errorf("%s.json: %w", s.name, err))
	}
	if rows.Origin.Calibration != nil {
		return fail(fmt.Errorf("%s was calibrated on the photos of its part, so that its vectors are others than those of "+
			"one run: embed parts in another precision than int8", s.name))
	}
	at := strings.LastIndexByte(rows.Key(), ' ') // before the digest of its photos, see keyOf
	if s.stamps, err = vectors.ReadStamps(name); err != nil {
		return fail(fmt.Errorf("reading of which files the vectors %s are: %w", s.name, err))
	}
	if len(s.stamps) != len(rows.IDs) || at < 0 {
		return fail(fmt.Errorf("it is not known of which files the vectors %s are: embed the part again", s.name))
	}
	s.maker = rows.Key()[:at]
	return s, nil
}

// inOrder sorts parts and says which of them are missing, doubled or of another division.
func inOrder(sets []*embedded) ([]*embedded, error) {
	if len(sets) == 0 {
		return nil, errors.New("there are no parts to merge")
	}
	of := sets[0].part.Of
	by := make([]*embedded, of)
	for _, s := range sets {
		if s.part.Of != of {
			return sets, fmt.Errorf("%s is the part %s and %s is the part %s: all have to be of one division", sets[0].name,
				sets[0].part, s.name, s.part)
		}
		if other := by[s.part.Number-1]; other != nil {
			return sets, fmt.Errorf("%s and %s are both the part %s: name one of them", other.name, s.name, s.part)
		}
		by[s.part.Number-1] = s
	}
	var lacking []string
	for i, s := range by {
		if s == nil {
			lacking = append(lacking, catalog.Part{Number: i + 1, Of: of}.String())
		}
	}
	if len(lacking) > 0 {
		return sets, fmt.Errorf("of %d parts %d are missing: embed %s, too", of, len(lacking), shortList(lacking))
	}
	for _, s := range by[1:] {
		if err := vectors.Compare(by[0].name, by[0].Origin, s.name, s.Origin); err != nil {
			return sets, err
		}
		if s.maker != by[0].maker || s.Dim != by[0].Dim || s.Origin.Split != by[0].Origin.Split {
			return sets, fmt.Errorf("%s was made by %q of the split %s, but %s by %q of %s: embed both alike", by[0].name,
				by[0].maker, by[0].Origin.Split, s.name, s.maker, s.Origin.Split)
		}
	}
	return by, nil
}

// shortList names some of many.
func shortList(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// isOf says whether a part was made of photos.
func (s *embedded) isOf(photos []Photo, opts RunOptions) error {
	if s.Origin.Split != string(opts.Split) {
		return fmt.Errorf("%s is of the split %s, not of %s", s.name, s.Origin.Split, opts.Split)
	}
	if listOf(photos) != s.Origin.List {
		return fmt.Errorf("%s was embedded when the catalogue had other photos in the part %s: embed it again", s.name,
			s.part)
	}
	return nil
}

// merge appends the vectors of all photos in their order. A complete set is left as it is.
func merge(ctx context.Context, sets []*embedded, photos []Photo, w *vectors.Writer, opts RunOptions) (Result, error) {
	var result Result
	same := 0 // as they are already
	vector := make([]float32, sets[0].Dim)
	done, stamps := w.Done(), w.Stamps() // of an interrupted or earlier merge, which began with the same photos
	for i, p := range photos {
		if err := ctx.Err(); err != nil {
			return result, context.Cause(ctx)
		}
		s := sets[catalog.PartOf(p.ID, len(sets)).Number-1]
		row, there := s.row(p.ID)
		if !there {
			result.Skipped = append(result.Skipped, fmt.Sprintf("%s: %s is not in %s: it could not be read", p.Where, p.ID,
				s.name))
			continue
		}
		at := result.New + result.Changed + same
		if at < len(done) && done[at] != p.ID {
			return result, fmt.Errorf("an earlier merge was of other rows (%s in place of %s): remove what it left, and merge "+
				"again", done[at], p.ID)
		}
		if at < len(done) && stamps[at].SHA256 == s.stamps[row].SHA256 {
			same++
			continue
		}
		if err := s.Read(row, vector); err != nil {
			return result, fmt.Errorf("reading %s: %w", s.name, err)
		}
		put := w.AppendPhoto
		if at < len(done) { // it was replaced, and its part embedded again
			put = w.ReplacePhoto
			result.Changed++
		} else {
			result.New++
		}
		if err := put(p.ID, vector, s.stamps[row]); err != nil {
			return result, err
		}
		if (i+1)%mergedAtOnce == 0 {
			if err := w.Flush(); err != nil {
				return result, err
			}
			if opts.Progress != nil {
				opts.Progress(i+1, len(photos))
			}
		}
	}
	if n := result.New + result.Changed + same; n < len(done) {
		return result, fmt.Errorf("an earlier merge had %d rows more: remove what it left, and merge again", len(done)-n)
	}
	return result, w.Flush()
}

// mergedAtOnce is how many vectors an interruption can cost.
const mergedAtOnce = 10_000
