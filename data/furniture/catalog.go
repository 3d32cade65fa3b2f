package furniture

import (
	"archive/zip"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Options of [Open].
type Options struct {
	Limit int    // how many products; 0: all
	Seed  uint64 // of the choice
	// From is a .sh3f file, a folder of them, or the package's .deb file, instead of a download.
	From string
}

// index is the file of a package that lists its models.
const index = "PluginFurnitureCatalog.properties"

// Catalog is a choice of products. Their models are read from the packages when they are
// photographed, so it must stay open as long.
type Catalog struct {
	Products studio.List
	goods    []good
	archives []*zip.ReadCloser

	lock  sync.Mutex
	notes []string
}

// Open chooses products. Log gets a line for what takes long.
func Open(ctx context.Context, opts Options, log func(string)) (*Catalog, error) {
	files, err := packages(ctx, opts.From, log)
	if err != nil {
		return nil, err
	}
	c := &Catalog{}
	contents := map[string]map[string]*zip.File{}
	var all []good
	for _, file := range files {
		goods, content, err := c.open(file)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		contents[file] = content
		all = append(all, goods...)
	}
	c.goods = choose(all, opts)
	if len(c.goods) == 0 {
		c.Close()
		return nil, fmt.Errorf("none of the %d models in %s are goods that a shop sells", len(all), strings.Join(files, ", "))
	}
	leaves := leavesOf(all)
	for _, g := range c.goods {
		c.Products = append(c.Products, studio.Product{ID: g.product(), Title: g.title(), Category: leaves[g.product()],
			Home: g.home(), Lamps: g.lamps, Mesh: func() (*mesh.Mesh, error) { return c.shape(g, contents[g.file]) }})
	}
	return c, nil
}

// open reads a package's index.
func (c *Catalog) open(file string) ([]good, map[string]*zip.File, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, nil, fmt.Errorf("it is no package of furniture: %w", err)
	}
	c.archives = append(c.archives, archive)
	content := map[string]*zip.File{}
	for _, f := range archive.File {
		content[fold(f.Name)] = f
	}
	if content[fold(index)] == nil {
		return nil, nil, fmt.Errorf("it is no package of furniture: it has no %s", index)
	}
	data, err := readFile(content, index)
	if err != nil {
		return nil, nil, err
	}
	properties, err := parseProperties(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", index, err)
	}
	goods, err := goodsOf(properties, file)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", index, err)
	}
	return goods, content, nil
}

// fold makes names comparable: Windows' separators, upper and lower case.
func fold(name string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.ToSlash(strings.ReplaceAll(name, `\`, "/")), "/"))
}

// Close closes the packages.
func (c *Catalog) Close() {
	for _, a := range c.archives {
		a.Close()
	}
}

// Notes tells what models lacked, of those read so far: textures, materials.
func (c *Catalog) Notes() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return slices.Sorted(slices.Values(c.notes))
}

// shape reads a product's model.
func (c *Catalog) shape(g good, content map[string]*zip.File) (*mesh.Mesh, error) {
	m, notes, err := g.shape(func(name string) ([]byte, error) { return readFile(content, name) })
	if err != nil {
		return nil, fmt.Errorf("%s, model %w", filepath.Base(g.file), err)
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, n := range notes {
		if note := g.product() + ": " + n; !slices.Contains(c.notes, note) {
			c.notes = append(c.notes, note)
		}
	}
	return m, nil
}

// choose draws goods that are sold at random, each once.
func choose(all []good, opts Options) []good {
	seen := map[string]bool{}
	var out []good
	for _, g := range all {
		if g.sold() && !seen[g.product()] {
			seen[g.product()] = true
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b good) int { return cmp.Compare(a.product(), b.product()) })
	rand.New(rand.NewPCG(opts.Seed, 0)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if opts.Limit > 0 && opts.Limit < len(out) {
		out = out[:opts.Limit]
	}
	return out
}

// leavesOf gives each product its category: what it is, below where it is sold. Kinds
// that have one product only are one leaf.
func leavesOf(all []good) map[string]catalog.Category {
	count := map[string]int{}
	path := func(g good) string { return g.category + " > " + g.kind() }
	for _, g := range all {
		if g.sold() {
			count[path(g)]++
		}
	}
	out := map[string]catalog.Category{}
	for _, g := range all {
		leaf := path(g)
		if count[leaf] < 2 {
			leaf = g.category + " > Other"
		}
		out[g.product()] = catalog.Category(leaf)
	}
	return out
}

// product is a good's id, which is also a file's name.
func (g good) product() string {
	var out strings.Builder
	for _, r := range g.id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._-", r):
			out.WriteRune(r)
		case r == '#':
			out.WriteByte('.')
		default:
			out.WriteByte('-')
		}
	}
	return out.String()
}
