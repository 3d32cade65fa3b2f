package kicad

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/data/debian"
	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// Options of [Products].
type Options struct {
	Limit int    // how many parts; 0: all
	Seed  uint64 // of the choice
	// From is a folder of .wrl files (in folders named LIBRARY.3dshapes) or the
	// package's .deb file, instead of a download.
	From string
	// Fine adds the family of a part to its category ("... > PinHeader Vertical SMD").
	Fine bool
}

// model is a file of the package.
type model struct {
	name string // "Resistor_SMD.3dshapes/R_0805_2012Metric.wrl"
	size int64
}

// maxModel leaves out the few models that are too detailed to be drawn quickly.
const maxModel = 6 << 20

// Products returns the chosen parts. Log gets a line for what takes long.
func Products(ctx context.Context, opts Options, log func(string)) (studio.List, error) {
	s, err := openStore(opts.From)
	if err != nil {
		return nil, err
	}
	defer s.deb.Close()
	if !s.local {
		release, err := fetch.Lock(ctx, s.dir, log) // the package is large: one process at a time downloads it
		if err != nil {
			return nil, err
		}
		defer release()
	}
	all, err := s.list(ctx, log)
	if err != nil {
		return nil, err
	}
	chosen := choose(all, opts)
	if len(chosen) == 0 {
		return nil, fmt.Errorf("there are no models of parts in %s", s.describe())
	}
	if err := s.unpack(ctx, chosen, log); err != nil {
		return nil, err
	}
	var products studio.List
	for _, m := range chosen {
		p := product(m.name, s.path(m.name))
		if opts.Fine {
			p.Category += " > " + catalog.Category(family(p.Title))
		}
		products = append(products, p)
	}
	return products, nil
}

// choose draws models at random, but not more than an eighth of them from one library.
func choose(all []model, opts Options) []model {
	var usable []model
	for _, m := range all {
		if m.size <= maxModel {
			usable = append(usable, m)
		}
	}
	slices.SortFunc(usable, func(a, b model) int { return strings.Compare(a.name, b.name) })
	rand.New(rand.NewPCG(opts.Seed, 0)).Shuffle(len(usable),
		func(i, j int) { usable[i], usable[j] = usable[j], usable[i] })
	if opts.Limit <= 0 || opts.Limit >= len(usable) {
		return usable
	}
	most := max(1, opts.Limit/8)
	count := map[string]int{}
	var chosen, rest []model
	for _, m := range usable {
		if library := path.Dir(m.name); count[library] < most && len(chosen) < opts.Limit {
			count[library]++
			chosen = append(chosen, m)
		} else {
			rest = append(rest, m)
		}
	}
	return append(chosen, rest[:opts.Limit-len(chosen)]...)
}

// product describes a model.
func product(name, file string) studio.Product {
	library := strings.TrimSuffix(path.Dir(name), ".3dshapes")
	part := strings.TrimSuffix(path.Base(name), ".wrl")
	family, _, _ := strings.Cut(library, "_")
	return studio.Product{
		ID:       slug(library + "." + part),
		Title:    strings.ReplaceAll(part, "_", " "),
		Category: catalog.Category(family + " > " + library),
		Mesh: func() (*mesh.Mesh, error) {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			m, err := readMesh(data)
			if err != nil {
				return nil, fmt.Errorf("model %s: %w", name, err)
			}
			return m, nil
		},
	}
}

// family is the kind of part that a title names: its first three words without numbers, or the letters in front of the
// first number ("PinHeader Vertical SMD" of "PinHeader 1x04 P1.27mm Vertical SMD", "DIP" of "DIP-24 W8.89mm").
func family(title string) string {
	var words []string
	for i, word := range strings.Fields(title) {
		if number := strings.IndexAny(word, "0123456789"); number >= 0 {
			if word = strings.TrimRight(word[:number], "-"); i > 0 || len(word) < 2 {
				continue
			}
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return title
	}
	return strings.Join(words[:min(len(words), 3)], " ")
}

// slug makes an id that is also a file's name.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, s)
}

// openStore finds where the models are or will be.
func openStore(from string) (*store, error) {
	if from != "" {
		info, err := os.Stat(from)
		if err != nil {
			return nil, fmt.Errorf("there is no %s to take models of parts from", from)
		}
		if info.IsDir() {
			return &store{dir: from, local: true}, nil
		}
	}
	dir, err := fetch.CacheDir("kicad")
	if err != nil {
		return nil, err
	}
	return &store{dir: dir, deb: debian.Package{Name: debianPackage, Megabytes: 379, File: from}}, nil
}

// path is where a model is unpacked.
func (s *store) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }
