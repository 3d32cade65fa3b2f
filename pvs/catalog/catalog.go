package catalog

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// The files of a catalogue folder.
const (
	PhotosFile = "photos.csv"
	TruthFile  = "truth.csv"
)

var photoColumns = []string{"photo", "path", "split", "product", "category", "title"}

// Options says how strictly a catalogue is read.
type Options struct {
	SkipBad bool // leave bad rows out and list them, instead of failing
}

// Catalog is a catalogue folder's photos.
type Catalog struct {
	Dir     string
	Photos  []Photo
	Skipped []Problem // rows left out because of Options.SkipBad
	Notes   []string  // what should be known of the ids: see [Suspects]
	opts    Options
}

// Open reads DIR/photos.csv. Rows that are broken, repeat an id, or name an unknown
// split are an error that counts them and shows the first, or are left out and listed
// in Skipped. The photos' files are not looked at.
func Open(dir string, opts Options) (*Catalog, error) {
	f, err := openFile(filepath.Join(dir, PhotosFile))
	if err != nil {
		return nil, fmt.Errorf("opening the catalogue: %w; a catalogue folder holds a photos.csv", err)
	}
	defer f.Close()
	photos, problems, err := readPhotos(f)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 && !opts.SkipBad {
		return nil, refuse(PhotosFile, problems)
	}
	var s Suspects
	for _, p := range photos {
		s.Add(p)
	}
	return &Catalog{Dir: dir, Photos: photos, Skipped: problems, Notes: s.Notes(), opts: opts}, nil
}

// refuse makes one sentence of a file's problems.
func refuse(name string, problems []Problem) error {
	const show = 3
	var lines []string
	for i, p := range problems {
		if i == show {
			lines = append(lines, "...")
			break
		}
		lines = append(lines, p.String())
	}
	err := fmt.Errorf("%s has %d bad rows (%s)", name, len(problems), strings.Join(lines, "; "))
	return tag.Error(err, ErrBad)
}

// readPhotos reads all rows; the error is of the file, not of a row.
func readPhotos(r io.Reader) (photos []Photo, problems []Problem, err error) {
	t, err := openTable(r, PhotosFile, photoColumns)
	if err != nil {
		return nil, nil, err
	}
	split := t.Field(slices.Index(photoColumns, "split"))
	t.IsRow = func(fields []string) bool {
		return len(fields) > split && slices.Contains(Splits, Split(fields[split]))
	}
	seen := map[string]int{}
	shared := interner{}
	field := make([]string, len(photoColumns))
	for {
		err := t.Read(field)
		if errors.Is(err, io.EOF) {
			return photos, problems, nil
		}
		if errors.Is(err, table.ErrRead) {
			return nil, nil, fmt.Errorf("%s after line %d: %w", PhotosFile, t.Line(), err)
		}
		where := fmt.Sprintf("%s line %d", PhotosFile, t.Line())
		if err == nil {
			p := Photo{ID: field[0], Path: field[1], Split: Split(field[2]), Product: shared.one(strings.TrimSpace(field[3])),
				Category: Category(shared.one(strings.TrimSpace(field[4]))), Title: field[5], Line: t.Line()}
			if p.ID != "" {
				where += fmt.Sprintf(" (photo %s)", p.ID)
			}
			if err = p.check(seen); err == nil {
				p.Split, _ = ParseSplit(field[2])
				seen[p.ID] = p.Line
				photos = append(photos, p)
				continue
			}
		}
		problems = append(problems, Problem{Where: where, Err: err})
	}
}

// lineBreaks are all that programs take for a line's end: an id with one would be two ids
// in a file of one a line.
const lineBreaks = "\n\v\f\r\u0085\u2028\u2029"

// check says what is wrong with a row.
func (p Photo) check(seen map[string]int) error {
	if p.ID == "" {
		return errors.New("the photo has no id")
	}
	if line, twice := seen[p.ID]; twice {
		if line == 0 {
			return errors.New("the id is used already")
		}
		return fmt.Errorf("the id is used on line %d already", line)
	}
	if p.Path == "" {
		return errors.New("the photo has no path")
	}
	if strings.ContainsAny(p.ID+p.Path, lineBreaks) {
		return errors.New("its id or path has a line break")
	}
	if strings.Contains(p.ID+p.Path+p.Product+string(p.Category)+p.Title, "\x00") {
		return errors.New("it has a zero byte; save the file as text, UTF-8")
	}
	if err := table.CheckUTF8(p.ID, p.Path, p.Product, string(p.Category), p.Title); err != nil {
		return err
	}
	if _, err := ParseSplit(string(p.Split)); err != nil {
		return err
	}
	for _, level := range p.Category.Levels() {
		if strings.TrimSpace(level) == "" {
			return fmt.Errorf("the category %q has an empty level", p.Category)
		}
	}
	return nil
}

// interner keeps one copy of texts that come again and again: a million rows share
// some thousand categories.
type interner map[string]string

func (in interner) one(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := in[s]; ok {
		return known
	}
	s = strings.Clone(s)
	in[s] = s
	return s
}

// Split returns a split's photos in the file's order.
func (c *Catalog) Split(s Split) []Photo {
	n := 0
	for _, p := range c.Photos {
		if p.Split == s {
			n++
		}
	}
	photos := make([]Photo, 0, n)
	for _, p := range c.Photos {
		if p.Split == s {
			photos = append(photos, p)
		}
	}
	return photos
}

// ByID returns the photos by their ids.
func (c *Catalog) ByID() map[string]Photo {
	out := make(map[string]Photo, len(c.Photos))
	for _, p := range c.Photos {
		out[p.ID] = p
	}
	return out
}

// File returns where a photo's file is. Where only a file is there whose name is in
// another Unicode form, which looks the same, or whose path was written with Windows's
// backslashes, it is that one.
func (c *Catalog) File(p Photo) string {
	if filepath.IsAbs(p.Path) {
		if plainPath(p.Path) || there(p.Path) {
			return p.Path
		}
		root := filepath.VolumeName(p.Path) + string(filepath.Separator)
		return spelled(root, strings.TrimPrefix(p.Path, root))
	}
	return spelled(c.Dir, p.Path)
}

// CheckSplits makes sure that no product is both trained on and searched for.
func (c *Catalog) CheckSplits() error {
	trained := map[string]Photo{}
	for _, p := range c.Photos {
		if p.Product != "" && (p.Split == Train || p.Split == Val) {
			trained[p.Product] = p
		}
	}
	for _, p := range c.Photos {
		if t, leaks := trained[p.Product]; leaks && p.Product != "" && (p.Split == Query || p.Split == Index) {
			return fmt.Errorf("product %s leaks: photo %s (line %d) is in %s and photo %s (line %d) in %s; "+
				"keep a product in one of {train, val} and {query, index}",
				p.Product, t.ID, t.Line, t.Split, p.ID, p.Line, p.Split)
		}
	}
	return nil
}

// Summary counts what a catalogue holds.
type Summary struct {
	Photos     int           `json:"photos"`
	Products   int           `json:"products"`
	Categories int           `json:"categories"` // leaves
	BySplit    map[Split]int `json:"by_split"`
}

// Summary counts photos, products with a known id, and leaf categories.
func (c *Catalog) Summary() Summary {
	products, categories := map[string]bool{}, map[Category]bool{}
	s := Summary{Photos: len(c.Photos), BySplit: map[Split]int{}}
	for _, p := range c.Photos {
		s.BySplit[p.Split]++
		if p.Product != "" {
			products[p.Product] = true
		}
		if p.Category != "" {
			categories[p.Category] = true
		}
	}
	s.Products, s.Categories = len(products), len(categories)
	return s
}
