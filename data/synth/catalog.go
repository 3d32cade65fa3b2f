package synth

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// leaf is a kind of product.
type leaf struct {
	slug     string // of its products' ids
	noun     string // in their titles
	category catalog.Category
	build    func(k *maker)
}

// department is a top-level category's leaves.
type department struct {
	name   string
	leaves []leaf
}

// departments are all departments, one file each.
var departments = []department{
	kitchen, furniture, lighting, toys, tools, electronics, sports, jewellery,
	bags, shoes, music, garden, stationery, bathroom, grocery, decoration,
}

// leaves lists the leaves of all departments with their full categories.
var leaves = func() []leaf {
	var all []leaf
	for _, d := range departments {
		for _, l := range d.leaves {
			l.category = catalog.Category(d.name) + " > " + l.category
			all = append(all, l)
		}
	}
	return all
}()

// Catalog returns the first n products of a seed.
func Catalog(seed uint64, n int) studio.Products { return drawn{seed, n, false} }

// FineCatalog returns the same products, whose categories go on to form and colour ("... > Chairs > Chair with
// armrests, oak"): some 350 of 600 products, some 1,000 of 5,000.
func FineCatalog(seed uint64, n int) studio.Products { return drawn{seed, n, true} }

type drawn struct {
	seed uint64
	n    int
	fine bool
}

// Len returns the number of products.
func (d drawn) Len() int { return d.n }

// At returns product i, whose mesh stays in memory as long as the product. Each run through all leaves has its own
// order.
func (d drawn) At(i int) studio.Product {
	round := rand.New(rand.NewPCG(d.seed, uint64(i/len(leaves))))
	l := leaves[round.Perm(len(leaves))[i%len(leaves)]]
	k := l.start(d.seed, i)
	l.build(k)
	category := l.category
	if d.fine {
		category += " > " + catalog.Category(k.form(l.noun))
		if len(k.tones) > 0 {
			category += catalog.Category(", " + k.tones[0])
		}
	}
	return studio.Product{
		ID:       fmt.Sprintf("%s-%06d", l.slug, i),
		Title:    k.title(l.noun),
		Category: category,
		Mesh:     func() (*mesh.Mesh, error) { return k.mesh, nil }, // built for the title already
	}
}

// sharedPalettes is how many palettes a leaf sells in.
const sharedPalettes = 3

// start initialises a product's random numbers and colours.
func (l leaf) start(seed uint64, i int) *maker {
	name := fnv.New64a()
	name.Write([]byte(l.slug)) // a hash's Write does not fail
	rng := rand.New(rand.NewPCG(seed, uint64(i)^name.Sum64()))
	k := &maker{rng: rng, mesh: &mesh.Mesh{}}
	offer := rand.New(rand.NewPCG(seed, name.Sum64())).Perm(len(palettes))[:sharedPalettes]
	p := palettes[offer[rng.IntN(sharedPalettes)]]
	k.main, k.second, k.accent = p[0], p[1], p[2]
	return k
}
