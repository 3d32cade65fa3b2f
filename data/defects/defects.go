package defects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Kind of a defect.
type Kind string

// The kinds. Copies have their own row; the original stays.
const (
	Unreadable    Kind = "unreadable"    // a row's file is missing, empty, cut off, text, or damaged
	Exact         Kind = "exact"         // a copy of the same bytes in the same split
	Reencoded     Kind = "reencoded"     // a copy of JPEG quality 40 to 90
	Resized       Kind = "resized"       // a copy of 0.4 to 1.6 times the size
	Cropped       Kind = "cropped"       // a copy without up to a twentieth at each side
	Leak          Kind = "leak"          // a copy, exact or near, in another split
	Contradiction Kind = "contradiction" // a copy, exact or near, under another product or category
	Category      Kind = "category"      // the labels of two photos of different categories are exchanged
	Product       Kind = "product"       // the products of two photos of one category are exchanged
)

// Kinds lists all of them in order.
var Kinds = []Kind{Unreadable, Exact, Reencoded, Resized, Cropped, Leak, Contradiction, Category, Product}

// Defect is one thing that was made wrong.
type Defect struct {
	Kind  Kind
	Photo string // id of the spoiled row
	Other string // id of the original, or of the photo that labels were exchanged with
}

// File lists the defects in the spoiled catalogue's folder.
const File = "defects.csv"

// listColumns are its columns.
var listColumns = []string{"defect", "photo", "other"}

// Options of [Spoil].
type Options struct {
	Seed  uint64
	Each  int    // defects of each kind
	Kinds []Kind // nil: all
}

// Spoil writes a catalogue into dir that has the photos of c, read from where they are,
// with opts.Each defects of each kind, and lists these in dir/defects.csv. No photo is
// in two of them.
func Spoil(ctx context.Context, c *catalog.Catalog, dir string, opts Options) ([]Defect, error) {
	if opts.Each < 1 {
		return nil, errors.New("no defects are asked for")
	}
	if err := CheckKinds(opts.Kinds); err != nil {
		return nil, err
	}
	if opts.Kinds == nil {
		opts.Kinds = Kinds
	}
	if abs, err := filepath.Abs(dir); err != nil || abs == mustAbs(c.Dir) {
		return nil, fmt.Errorf("the catalogue %s would spoil itself: name another folder", dir)
	}
	release, err := catalog.Lock(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	made := catalog.Made{By: "spoiled photos", Of: mustAbs(c.Dir)}
	if err := made.Check(dir, catalog.PhotosFile); err != nil {
		return nil, err
	}
	if err := made.Write(dir); err != nil {
		return nil, err
	}
	s := &spoiler{dir: dir, each: opts.Each, rng: rand.New(rand.NewPCG(opts.Seed, 7)), used: map[int]bool{}}
	for _, p := range c.Photos {
		file, err := filepath.Abs(c.File(p))
		if err != nil {
			return nil, err
		}
		p.Path = file
		s.photos = append(s.photos, p)
	}
	for _, k := range Kinds {
		if !slices.Contains(opts.Kinds, k) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.spoil(k); err != nil {
			return nil, err
		}
	}
	return s.made, s.write()
}

// CheckKinds refuses kinds that there are not.
func CheckKinds(kinds []Kind) error {
	for _, k := range kinds {
		if !slices.Contains(Kinds, k) {
			return fmt.Errorf("there is no kind of defect %q; the kinds are %q", k, Kinds)
		}
	}
	return nil
}

func mustAbs(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}

// spoil makes the defects of one kind.
func (s *spoiler) spoil(kind Kind) error {
	switch kind {
	case Unreadable:
		return s.unreadable()
	case Leak:
		return s.leaks()
	case Contradiction:
		return s.contradictions()
	case Category, Product:
		return s.exchanges(kind)
	}
	return s.copies(kind)
}

// spoiler is a catalogue being spoiled.
type spoiler struct {
	dir    string
	each   int
	rng    *rand.Rand
	photos []catalog.Photo
	added  []catalog.Photo
	used   map[int]bool
	made   []Defect
}

// pick returns a photo that is in no defect yet and fits.
func (s *spoiler) pick(what Kind, fits func(p catalog.Photo) bool) (int, error) {
	n := len(s.photos)
	start := s.rng.IntN(max(1, n))
	for k := range n {
		i := (start + k) % n
		if !s.used[i] && fits(s.photos[i]) {
			s.used[i] = true
			return i, nil
		}
	}
	return 0, fmt.Errorf("the catalogue has too few photos for %d defects of the kind %s", s.each, what)
}

func anyPhoto(catalog.Photo) bool { return true }

// unreadable gives rows bad files of five sorts in turn.
func (s *spoiler) unreadable() error {
	for k := range s.each {
		i, err := s.pick(Unreadable, anyPhoto)
		if err != nil {
			return err
		}
		p := &s.photos[i]
		bad, err := badFile(k, p.Path, s.rng)
		if err != nil {
			return err
		}
		p.Path = filepath.Join("images", fmt.Sprintf("unreadable-%d.jpg", k))
		if bad != nil { // else it is missing
			if err := s.save(p.Path, bad); err != nil {
				return err
			}
		}
		s.made = append(s.made, Defect{Unreadable, p.ID, ""})
	}
	return nil
}

// badFile spoils an image file's bytes; nil stands for no file.
func badFile(k int, path string, rng *rand.Rand) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a photo to spoil: %w", err)
	}
	switch k % 5 {
	case 0:
		return nil, nil
	case 1:
		return []byte{}, nil
	case 2:
		return data[:len(data)*(20+rng.IntN(60))/100], nil
	case 3:
		return []byte("<html><body>404 Not Found</body></html>\n"), nil
	}
	for i := range data[:min(len(data), 64)] { // the header is gone
		data[i] = 0
	}
	return data, nil
}

// copies adds duplicates of a kind with the labels and split of their originals.
func (s *spoiler) copies(kind Kind) error {
	for range s.each {
		i, err := s.pick(kind, anyPhoto)
		if err != nil {
			return err
		}
		if err := s.copy(kind, i, kind, func(*catalog.Photo) {}); err != nil {
			return err
		}
	}
	return nil
}

// how draws a way to copy.
func (s *spoiler) how() Kind { return []Kind{Exact, Reencoded, Resized, Cropped}[s.rng.IntN(4)] }

// leaks adds copies in other splits: train to query, query to index, index to train, val
// to train, where the catalogue has such photos.
func (s *spoiler) leaks() error {
	ways := [][2]catalog.Split{{catalog.Train, catalog.Query}, {catalog.Query, catalog.Index},
		{catalog.Index, catalog.Train}, {catalog.Val, catalog.Train}}
	made := 0
	for k := 0; made < s.each; k++ {
		way := ways[k%len(ways)]
		i, err := s.pick(Leak, func(p catalog.Photo) bool { return p.Split == way[0] })
		if err != nil && k >= len(ways)*(made+1) {
			return err // no way is left
		}
		if err != nil {
			continue
		}
		if err := s.copy(Leak, i, s.how(), func(p *catalog.Photo) {
			p.Split = way[1]
			if way[1] == catalog.Train { // as in eProduct
				p.Product = ""
			}
		}); err != nil {
			return err
		}
		made++
	}
	return nil
}

// contradictions adds copies under the labels of another photo of the same split.
func (s *spoiler) contradictions() error {
	for range s.each {
		i, err := s.pick(Contradiction, anyPhoto)
		if err != nil {
			return err
		}
		from := s.photos[i]
		j, err := s.pick(Contradiction, func(p catalog.Photo) bool {
			return p.Split == from.Split && p.Category != from.Category && p.Category != ""
		})
		if err != nil {
			return err
		}
		other := s.photos[j]
		if err := s.copy(Contradiction, i, s.how(), func(p *catalog.Photo) {
			p.Product, p.Category, p.Title = other.Product, other.Category, other.Title
		}); err != nil {
			return err
		}
	}
	return nil
}

// copy adds a row with a copy of a photo's file.
func (s *spoiler) copy(kind Kind, i int, how Kind, change func(p *catalog.Photo)) error {
	p := s.photos[i]
	original := p.ID
	p.ID = fmt.Sprintf("%s-%s-%d", original, kind, len(s.added))
	data, err := copyFile(how, p.Path, s.rng)
	if err != nil {
		return fmt.Errorf("copying photo %s: %w", original, err)
	}
	p.Path = filepath.Join("images", p.ID+".jpg")
	if err := s.save(p.Path, data); err != nil {
		return err
	}
	change(&p)
	s.added = append(s.added, p)
	s.made = append(s.made, Defect{kind, p.ID, original})
	return nil
}

// exchanges swaps the labels of pairs of photos of one split, whose categories differ or,
// for Product, are the same. Each pair is two wrong labels, so half as many
// pairs are made; an odd one rounds up.
func (s *spoiler) exchanges(kind Kind) error {
	for k := 0; k < s.each; k += 2 {
		i, err := s.pick(kind, func(p catalog.Photo) bool {
			return p.Category != "" && (kind == Category || p.Product != "")
		})
		if err != nil {
			return err
		}
		a := &s.photos[i]
		j, err := s.pick(kind, func(p catalog.Photo) bool {
			if kind == Category {
				return p.Split == a.Split && p.Category != "" && p.Category != a.Category
			}
			return p.Split == a.Split && p.Category == a.Category && p.Product != "" && p.Product != a.Product
		})
		if err != nil {
			return err
		}
		b := &s.photos[j]
		a.Product, b.Product = b.Product, a.Product
		a.Category, b.Category = b.Category, a.Category
		a.Title, b.Title = b.Title, a.Title
		s.made = append(s.made, Defect{kind, a.ID, b.ID}, Defect{kind, b.ID, a.ID})
	}
	return nil
}

func (s *spoiler) save(path string, data []byte) error {
	return wholefile.Write(filepath.Join(s.dir, path), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// write writes photos.csv, where each copy stands at a random place, and the list.
func (s *spoiler) write() error {
	rows := append(s.photos, s.added...)
	s.rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	w, err := catalog.Create(s.dir)
	if err != nil {
		return err
	}
	for _, p := range rows {
		if err := w.Write(p); err != nil {
			w.Abort()
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return wholefile.CSV(filepath.Join(s.dir, File), listColumns, func(yield func([]string) bool) {
		for _, d := range s.made {
			if !yield([]string{string(d.Kind), d.Photo, d.Other}) {
				return
			}
		}
	})
}
