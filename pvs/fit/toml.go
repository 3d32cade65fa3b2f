package fit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
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
	f, err := os.Open(nameOrFile)
	if err != nil {
		return Recipe{}, fmt.Errorf("reading a recipe: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(plaintext.Reader(f))
	if err != nil {
		return Recipe{}, fmt.Errorf("reading a recipe: %w", err)
	}
	r := Recommended()
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Recipe{}, fmt.Errorf("%s %w", nameOrFile, explain(err))
	}
	if r.Name == Recommended().Name {
		r.Name = strings.TrimSuffix(nameOrFile, ".toml")
	}
	if err := r.Validate(); err != nil {
		return Recipe{}, fmt.Errorf("%s: %w", nameOrFile, err)
	}
	return r, nil
}

// explain turns the TOML reader's error into a sentence.
func explain(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: nothing is called %s in a recipe", line, strings.Join(strict.Errors[0].Key(), "."))
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		return fmt.Errorf("line %d, column %d: %s", line, column, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	return err
}
