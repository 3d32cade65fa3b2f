package planted

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Options of [Spoil].
type Options struct {
	Seed  uint64
	Each  int    // queries of each kind
	Kinds []Kind // nil: all
}

// How many photos are added to the index for a query.
const (
	onGround  = 14 // on its ground
	perCopied = 2  // copies of each right photo
	perTwin   = 2  // colours
)

// Spoil writes a catalogue into dir that has the photos of c, read from where they are, with opts.Each queries spoiled
// in each kind, and lists these in dir/planted.csv. No query and no product is in two of them.
func Spoil(ctx context.Context, c *catalog.Catalog, dir string, opts Options) ([]Plant, error) {
	if opts.Each < 1 {
		return nil, errors.New("no planted causes are asked for")
	}
	if err := CheckKinds(opts.Kinds); err != nil {
		return nil, err
	}
	if opts.Kinds == nil {
		opts.Kinds = Kinds
	}
	from, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, err
	}
	if to, err := filepath.Abs(dir); err != nil || to == from {
		return nil, fmt.Errorf("the catalogue %s would spoil itself: name another folder", dir)
	}
	release, err := catalog.Lock(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	made := catalog.Made{By: "planted causes", Of: from,
		Settings: fmt.Sprintf("seed %d, %d each of %q", opts.Seed, opts.Each, opts.Kinds)}
	if err := made.Check(dir, catalog.PhotosFile); err != nil {
		return nil, err
	}
	if err := made.Write(dir); err != nil {
		return nil, err
	}
	s := &spoiler{dir: dir, of: map[string]int{}}
	for _, p := range c.Photos {
		if p.Path, err = filepath.Abs(c.File(p)); err != nil {
			return nil, err
		}
		s.of[p.ID] = len(s.photos)
		s.photos = append(s.photos, p)
	}
	if s.truth, err = c.Truth(); err != nil {
		return nil, err
	}
	dealt, err := s.deal(opts.Seed, opts.Each, opts.Kinds)
	if err != nil {
		return nil, err
	}
	for i, kind := range Kinds {
		if !slices.Contains(opts.Kinds, kind) {
			continue
		}
		for n, query := range dealt[kind] {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			rng := rand.New(rand.NewPCG(opts.Seed, uint64(1000*i+n+1000)))
			if err := s.plant(kind, n, query, dealt[kind], rng); err != nil {
				return nil, fmt.Errorf("spoiling query %s: %w", s.photos[query].ID, err)
			}
		}
	}
	return s.made, s.write()
}

// spoiler is a catalogue being spoiled.
type spoiler struct {
	dir     string
	photos  []catalog.Photo
	of      map[string]int // place of a photo by its id
	truth   map[string][]string
	grounds []int // photos of train on plain grounds, each for one query
	added   []catalog.Photo
	made    []Plant
}

// deal gives each kind its queries, by their places: all kinds, as far as there are queries, whichever are planted.
func (s *spoiler) deal(seed uint64, each int, kinds []Kind) (map[Kind][]int, error) {
	rng := rand.New(rand.NewPCG(seed, 11))
	var queries []int
	for i, p := range s.photos {
		if p.Split == catalog.Query && p.Product != "" && len(s.truth[p.ID]) >= 2 {
			queries = append(queries, i)
		}
	}
	rng.Shuffle(len(queries), func(i, j int) { queries[i], queries[j] = queries[j], queries[i] })
	dealt := map[Kind][]int{}
	var left []int
	for _, i := range queries { // first those that not every query will do for
		if len(dealt[Ground]) < each {
			p, err := s.open(i)
			if err != nil {
				return nil, err
			}
			if isPlain(p) {
				dealt[Ground] = append(dealt[Ground], i)
				continue
			}
		}
		left = append(left, i)
	}
	for _, k := range Kinds {
		if k != Ground {
			n := min(each, len(left))
			dealt[k], left = left[:n], left[n:]
		}
		if slices.Contains(kinds, k) && len(dealt[k]) < each {
			return nil, fmt.Errorf("the catalogue has %d queries with two right photos or more, and %d of each of %d kinds "+
				"are more, or more on plain grounds than there are: ask for fewer", len(queries), each, len(Kinds))
		}
	}
	if !slices.Contains(kinds, Ground) {
		return dealt, nil
	}
	return dealt, s.plainTrain(rng, each*onGround)
}

// plainTrain finds photos of train on plain grounds, one a product or title at most.
func (s *spoiler) plainTrain(rng *rand.Rand, n int) error {
	seen := map[string]bool{}
	for _, i := range rng.Perm(len(s.photos)) {
		p := s.photos[i]
		if p.Split != catalog.Train || seen[p.Product+p.Title] {
			continue
		}
		photo, err := s.open(i)
		if err != nil {
			return err
		}
		if isPlain(photo) {
			seen[p.Product+p.Title] = p.Product+p.Title != ""
			if s.grounds = append(s.grounds, i); len(s.grounds) == n {
				return nil
			}
		}
	}
	return fmt.Errorf("the catalogue has %d photos of different products in train on plain grounds, and %d are needed to "+
		"share the grounds of queries: ask for fewer, or leave that kind out", len(s.grounds), n)
}

func (s *spoiler) open(i int) (*imageprep.RGB, error) {
	p, err := imageprep.Open(s.photos[i].Path, imageprep.Limits{})
	if err != nil {
		return nil, fmt.Errorf("photo %s: %w", s.photos[i].ID, err)
	}
	return p, nil
}

// plant spoils the n-th query of a kind.
func (s *spoiler) plant(kind Kind, n, query int, all []int, rng *rand.Rand) error {
	switch kind {
	case Twin:
		return s.twins(n, query)
	case Ground:
		return s.ground(n, query, rng)
	case Label:
		return s.label(n, query, all)
	case Copies:
		return s.copies(n, query, rng)
	}
	p, err := s.open(query)
	if err != nil {
		return err
	}
	s.made = append(s.made, Plant{kind, s.photos[query].ID, ""})
	return s.replace(kind, query, changed(kind, p, rng))
}

// replace gives a query another picture.
func (s *spoiler) replace(kind Kind, query int, m image.Image) error {
	path := filepath.Join("images", fmt.Sprintf("%s-%d.jpg", kind, query))
	s.photos[query].Path = path
	return s.save(path, m)
}

// add adds a photo to the index, with the labels of one that there is but for the product.
func (s *spoiler) add(kind Kind, like int, product, name string, m image.Image) error {
	p := s.photos[like]
	p.ID, p.Split, p.Product = name, catalog.Index, product
	p.Path = filepath.Join("images", name+".jpg")
	s.added = append(s.added, p)
	return s.save(p.Path, m)
}

// twins adds the product in other colours, from the sides of all its photos.
func (s *spoiler) twins(n, query int) error {
	q := s.photos[query]
	sides := []int{query}
	for _, id := range s.truth[q.ID] {
		sides = append(sides, s.of[id])
	}
	s.made = append(s.made, Plant{Twin, q.ID, fmt.Sprintf("twin-%d-1-0", n)})
	for by := 1; by <= perTwin; by++ {
		for k, i := range sides {
			p, err := s.open(i)
			if err != nil {
				return err
			}
			product := fmt.Sprintf("twin-%d-%d", n, by)
			if err := s.add(Twin, i, product, fmt.Sprintf("%s-%d", product, k), recoloured(p.Image(), by)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ground lays one pattern under the query and under photos of other products, which join the index.
func (s *spoiler) ground(n, query int, rng *rand.Rand) error {
	p, err := s.open(query)
	if err != nil {
		return err
	}
	g := newPattern(rng)
	if err := s.replace(Ground, query, g.under(p, rng)); err != nil {
		return err
	}
	s.made = append(s.made, Plant{Ground, s.photos[query].ID, fmt.Sprintf("ground-%d-0", n)})
	for k, i := range s.grounds[n*onGround : (n+1)*onGround] {
		other, err := s.open(i)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("ground-%d-%d", n, k)
		if err := s.add(Ground, i, name, name, g.under(other, rng)); err != nil {
			return err
		}
	}
	return nil
}

// label exchanges the product, category and title of the n-th query and the one before it, where n is odd: of an odd
// number of queries the last keeps its own.
func (s *spoiler) label(n, query int, all []int) error {
	if n%2 == 0 {
		return nil
	}
	a, b := &s.photos[all[n-1]], &s.photos[query]
	s.made = append(s.made, Plant{Label, a.ID, b.ID}, Plant{Label, b.ID, a.ID})
	a.Product, b.Product = b.Product, a.Product
	a.Category, b.Category = b.Category, a.Category
	a.Title, b.Title = b.Title, a.Title
	return nil
}

// copies adds copies of the right photos, encoded again at other sizes, under a product of their own.
func (s *spoiler) copies(n, query int, rng *rand.Rand) error {
	q := s.photos[query]
	product := fmt.Sprintf("copies-%d", n)
	s.made = append(s.made, Plant{Copies, q.ID, product + "-0-0"})
	for k, id := range s.truth[q.ID] {
		p, err := s.open(s.of[id])
		if err != nil {
			return err
		}
		for c := range perCopied {
			m := scaled(p.Image(), 0.8+0.3*rng.Float64())
			if err := s.add(Copies, s.of[id], product, fmt.Sprintf("%s-%d-%d", product, k, c), m); err != nil {
				return err
			}
		}
	}
	return nil
}

// quality of the photos that are written.
const quality = 90

func (s *spoiler) save(path string, m image.Image) error {
	data, err := encoded(m, quality)
	if err != nil {
		return err
	}
	return wholefile.Write(filepath.Join(s.dir, path), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// write writes photos.csv and the list.
func (s *spoiler) write() error {
	w, err := catalog.Create(s.dir)
	if err != nil {
		return err
	}
	for _, p := range append(s.photos, s.added...) {
		if err := w.Write(p); err != nil {
			w.Abort()
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return writeList(filepath.Join(s.dir, File), s.made)
}
