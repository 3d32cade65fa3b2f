package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// photoWriter takes the photos of a catalogue.
type photoWriter interface {
	Write(catalog.Photo) error
}

// sink writes the catalogue and counts what is in it.
type sink struct {
	photos     photoWriter
	file       *catalog.Writer // photos, if they go to a file
	release    func()          // of the catalogue folder; nil without a file
	dir        string          // that folder
	made       catalog.Made
	prefix     string // of all paths
	problems   *problems
	summary    catalog.Summary
	products   map[string]side
	categories map[catalog.Category]bool
	suspects   catalog.Suspects
}

func openSink(out, prefix string, made catalog.Made, locked bool) (*sink, error) {
	release := func() {}
	if !locked {
		var err error
		if release, err = catalog.Lock(out); err != nil {
			return nil, err
		}
	}
	if err := made.Check(out, catalog.PhotosFile); err != nil {
		release()
		return nil, err
	}
	w, err := catalog.Create(out)
	if err != nil {
		release()
		return nil, err
	}
	s := newSink(w, prefix)
	s.file, s.release, s.dir, s.made = w, release, out, made
	s.problems.path = filepath.Join(out, ProblemsFile)
	return s, nil
}

// newSink makes a sink that writes no files.
func newSink(photos photoWriter, prefix string) *sink {
	return &sink{photos: photos, prefix: prefix, problems: &problems{}, products: map[string]side{},
		categories: map[catalog.Category]bool{}, summary: catalog.Summary{BySplit: map[catalog.Split]int{}}}
}

// write adds a photo. What is wrong with the photo itself is bad; err is of the disk.
func (s *sink) write(p catalog.Photo) (bad, err error) {
	p.Path = path.Join(s.prefix, p.Path)
	// Two Unicode forms of a name look the same and mean the same product.
	p.Product, p.Category = norm.NFC.String(p.Product), catalog.Category(norm.NFC.String(string(p.Category)))
	if err := s.photos.Write(p); err != nil {
		if errors.Is(err, catalog.ErrPhoto) {
			return err, nil
		}
		return nil, err
	}
	s.suspects.Add(p)
	s.summary.Photos++
	s.summary.BySplit[p.Split]++
	if is := sideOf(p.Split); p.Product != "" && s.products[p.Product]&is == 0 {
		s.products[strings.Clone(p.Product)] |= is
	}
	if p.Category != "" && !s.categories[p.Category] {
		s.categories[p.Category] = true
	}
	s.summary.Products, s.summary.Categories = len(s.products), len(s.categories)
	return nil, nil
}

// side says what a product's photos are for.
type side uint8

const (
	trainedOn side = 1 << iota
	searchedFor
)

func sideOf(s catalog.Split) side {
	if s == catalog.Train || s == catalog.Val {
		return trainedOn
	}
	return searchedFor
}

// leaks counts the products that are on both sides and names one.
func (s *sink) leaks() (n int, example string) {
	for product, sides := range s.products {
		if sides == trainedOn|searchedFor {
			if n++; example == "" || product < example {
				example = product
			}
		}
	}
	return n, example
}

func (s *sink) close() error {
	if s.file == nil {
		return nil
	}
	defer s.release()
	if err := s.made.Write(s.dir); err != nil {
		s.file.Abort()
		return err
	}
	return s.file.Close()
}

func (s *sink) abort() {
	if s.file == nil {
		return
	}
	defer s.release()
	s.file.Abort()
}

// problems lists what is bad in a file, and the first few in memory: there may be
// millions.
type problems struct {
	path  string // "": no file
	n     int
	first []string
	kinds []error // marks of their errors
	file  *os.File
	out   *bufio.Writer
	err   error
}

// shown is how many problems are kept in memory.
const shown = 11

func (p *problems) add(problem catalog.Problem) {
	p.n++
	line := problem.String()
	for _, kind := range kinds {
		if errors.Is(problem.Err, kind) && !slices.Contains(p.kinds, kind) {
			p.kinds = append(p.kinds, kind)
		}
	}
	if len(p.first) < shown {
		p.first = append(p.first, line)
	}
	if p.path == "" {
		return
	}
	if p.file == nil && p.err == nil {
		p.file, p.err = os.CreateTemp(filepath.Dir(p.path), "."+ProblemsFile+".part-*")
		p.out = bufio.NewWriter(p.file)
	}
	if p.err == nil {
		_, p.err = p.out.WriteString(line + "\n")
	}
}

// close gives the list its name, or removes one of an earlier import.
func (p *problems) close() error {
	if p.path == "" {
		return nil
	}
	if p.n == 0 {
		if err := os.Remove(p.path); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if p.file == nil {
		return wholefile.Explain(p.err)
	}
	err := errors.Join(p.err, p.out.Flush(), p.file.Chmod(0o644), p.file.Close())
	if err == nil {
		err = os.Rename(p.file.Name(), p.path)
	}
	if err != nil {
		_ = os.Remove(p.file.Name()) // half a list is no list
		return fmt.Errorf("listing %d problems: %w", p.n, wholefile.Explain(err))
	}
	return nil
}

// listed says where the problems are listed, if in a file.
func (p *problems) listed() string {
	if p.path == "" {
		return ""
	}
	return ", listed in " + p.path
}

// String counts the problems and shows the first.
func (p *problems) String() string {
	const show = 3
	text := strings.Join(p.first[:min(show, len(p.first))], "; ")
	if p.n > show {
		text += "; ..."
	}
	where := ""
	if p.path != "" {
		where = ", all listed in " + p.path
	}
	return fmt.Sprintf("%d photos or rows are bad%s (%s)", p.n, where, text)
}
