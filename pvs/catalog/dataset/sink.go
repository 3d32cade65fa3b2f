package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// sink writes the catalogue and counts what is in it.
type sink struct {
	release    func() // of the catalogue folder
	dir        string // that folder
	made       catalog.Made
	writer     *catalog.Writer
	prefix     string // of all paths
	problems   *problems
	summary    catalog.Summary
	products   map[string]side
	categories map[catalog.Category]bool
	suspects   catalog.Suspects
}

func openSink(out, prefix string, made catalog.Made) (*sink, error) {
	release, err := catalog.Lock(out)
	if err != nil {
		return nil, err
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
	return &sink{release: release, dir: out, made: made, writer: w, prefix: prefix,
		products: map[string]side{}, categories: map[catalog.Category]bool{},
		summary:  catalog.Summary{BySplit: map[catalog.Split]int{}},
		problems: &problems{path: filepath.Join(out, ProblemsFile)}}, nil
}

// write adds a photo. What is wrong with the photo itself is bad; err is of the disk.
func (s *sink) write(p catalog.Photo) (bad, err error) {
	p.Path = path.Join(s.prefix, p.Path)
	// Two Unicode forms of a name look the same and mean the same product.
	p.Product, p.Category = norm.NFC.String(p.Product), catalog.Category(norm.NFC.String(string(p.Category)))
	if err := s.writer.Write(p); err != nil {
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
	defer s.release()
	if err := s.made.Write(s.dir); err != nil {
		s.writer.Abort()
		return err
	}
	return s.writer.Close()
}

func (s *sink) abort() {
	defer s.release()
	s.writer.Abort()
}

// problems lists what is bad in a file, and the first few in memory: there may be
// millions.
type problems struct {
	path  string
	n     int
	first []string
	file  *os.File
	out   *bufio.Writer
	err   error
}

// shown is how many problems are kept in memory.
const shown = 11

func (p *problems) add(problem catalog.Problem) {
	p.n++
	line := problem.String()
	if len(p.first) < shown {
		p.first = append(p.first, line)
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

// String counts the problems and shows the first.
func (p *problems) String() string {
	const show = 3
	text := strings.Join(p.first[:min(show, len(p.first))], "; ")
	if p.n > show {
		text += "; ..."
	}
	return fmt.Sprintf("%d photos or rows are bad, all listed in %s (%s)", p.n, p.path, text)
}
