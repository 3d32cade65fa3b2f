package synth

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestTree(t *testing.T) {
	tops, slugs := map[string]bool{}, map[string]bool{}
	for _, l := range leaves {
		tops[l.category.Top()] = true
		if slugs[l.slug] {
			t.Errorf("the slug %s is used twice", l.slug)
		}
		slugs[l.slug] = true
		if len(l.category.Levels()) != 3 {
			t.Errorf("%s has not three levels", l.category)
		}
	}
	if len(tops) != 16 || len(leaves) < 60 {
		t.Errorf("%d departments with %d leaves, want 16 with at least 60", len(tops), len(leaves))
	}
}

// Every leaf builds valid meshes for any random numbers.
func TestEveryLeafBuilds(t *testing.T) {
	for _, l := range leaves {
		for i := range 20 {
			k := l.start(3, i)
			l.build(k)
			triangles := 0
			for n, p := range k.mesh.Parts {
				triangles += len(p.Triangles)
				if len(p.Triangles) == 0 {
					t.Errorf("%s %d: part %d is empty", l.slug, i, n)
				}
				for _, v := range p.Vertices {
					if s := v.X + v.Y + v.Z; math.IsNaN(s) || math.IsInf(s, 0) {
						t.Fatalf("%s %d: part %d has the vertex %v", l.slug, i, n, v)
					}
				}
				for _, v := range p.Normals {
					if math.Abs(v.Len()-1) > 1e-6 {
						t.Fatalf("%s %d: part %d has a normal of length %g", l.slug, i, n, v.Len())
					}
				}
				for _, f := range p.Triangles {
					if max(f[0], f[1], f[2]) >= int32(len(p.Vertices)) {
						t.Fatalf("%s %d: part %d has a triangle beyond its vertices", l.slug, i, n)
					}
				}
			}
			if triangles < 12 || triangles > 60_000 {
				t.Errorf("%s %d has %d triangles", l.slug, i, triangles)
			}
			if title := k.title(l.noun); len(title) < 4 || strings.Contains(title, "  ") {
				t.Errorf("%s %d is called %q", l.slug, i, title)
			}
		}
	}
}

func TestProductsAreReproducible(t *testing.T) {
	small, large := Catalog(9, 10), Catalog(9, 1_000_000)
	for i := range 10 {
		a, b := small.At(i), large.At(i)
		ma, err1 := a.Mesh()
		mb, err2 := b.Mesh()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if a.ID != b.ID || a.Title != b.Title || !reflect.DeepEqual(ma.Parts[0].Vertices, mb.Parts[0].Vertices) {
			t.Errorf("product %d depends on how many there are: %s and %s", i, a.ID, b.ID)
		}
	}
	if Catalog(10, 1).At(0).Title == small.At(0).Title && Catalog(10, 2).At(1).Title == small.At(1).Title {
		t.Error("another seed gives the same products")
	}
	if p := large.At(999_999); p.Title == "" {
		t.Error("the millionth product has no title")
	}
}

// Neighbours of a leaf differ in shape.
func TestProductsDiffer(t *testing.T) {
	for _, l := range leaves {
		var sizes []string
		for i := range 8 {
			k := l.start(1, i)
			l.build(k)
			lo, hi, _ := k.mesh.Bounds()
			sizes = append(sizes, fmt.Sprintf("%.6f", hi.Sub(lo)))
		}
		slices.Sort(sizes)
		if d := slices.Compact(sizes); len(d) < 3 {
			t.Errorf("8 products of %s have %d different sizes", l.slug, len(d))
		}
	}
}

// BenchmarkAt looks a product up, title included, as is done for each row.
func BenchmarkAt(b *testing.B) {
	c := Catalog(1, 1_000_000)
	for i := 0; b.Loop(); i++ {
		c.At(i % 1_000_000)
	}
}

func ExampleCatalog() {
	p := Catalog(7, 100).At(12)
	fmt.Println(p.ID, "|", p.Category, "|", p.Title)
	// Output: stacker-000012 | Toys > Baby toys > Stacking towers | Stacking tower with four rings, tan and navy
}

// Fine categories are finer: the same products, each below its usual category.
func TestFineCatalog(t *testing.T) {
	const n = 600
	usual, fine, found := Catalog(1, n), FineCatalog(1, n), map[string]bool{}
	for i := range n {
		u, f := usual.At(i), fine.At(i)
		if u.ID != f.ID || u.Title != f.Title || !strings.HasPrefix(string(f.Category), string(u.Category)+" > ") {
			t.Fatalf("%s, %s of %s; fine %s, %s of %s", u.ID, u.Title, u.Category, f.ID, f.Title, f.Category)
		}
		found[string(f.Category)] = true
	}
	if len(found) < 300 || len(found) > n*3/4 {
		t.Errorf("%d categories of %d products", len(found), n)
	}
}
