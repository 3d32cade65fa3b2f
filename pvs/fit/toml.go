package fit

import (
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/tomlfile"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

// Recipes are those that have a name: the recommended one, and the same with fixed labels, numbered on from the
// journey's runs. They differ in what a catalogue has to tell: categories only, as the journey's; titles; product ids.
func Recipes() []Recipe {
	with := func(name string, kind labels.Kind) Recipe {
		r := Recommended()
		r.Name, r.Labels = name, kind
		return r
	}
	return []Recipe{Recommended(), with("3.1", labels.Categories), with("3.2", labels.Titles),
		with("3.3", labels.Products)}
}

// Find returns the recipe of a name, or reads a TOML file. A key of the file that is not given is as in [Recommended]:
//
//	name = "mine"
//	epochs = 24
//	augmentation = "strong-noise"
func Find(nameOrFile string) (Recipe, error) {
	var names []string
	for _, r := range Recipes() {
		if r.Name == nameOrFile {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if !strings.HasSuffix(nameOrFile, ".toml") {
		return Recipe{}, fmt.Errorf("no recipe is called %q: there are %s, and files that end in .toml", nameOrFile,
			strings.Join(names, ", "))
	}
	r := Recommended()
	if _, err := tomlfile.Read(nameOrFile, "a recipe", "recipe", &r); err != nil {
		return Recipe{}, err
	}
	if r.Name == Recommended().Name {
		r.Name = strings.TrimSuffix(nameOrFile, ".toml")
	}
	if err := r.Validate(); err != nil {
		return Recipe{}, fmt.Errorf("%s: %w", nameOrFile, err)
	}
	return r, nil
}
