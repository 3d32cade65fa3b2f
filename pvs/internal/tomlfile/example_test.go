package tomlfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/internal/tomlfile"
)

func ExampleRead() {
	dir, err := os.MkdirTemp("", "tomlfile")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mine.toml")
	var recipe struct {
		Epochs int `toml:"epochs"`
	}
	for _, text := range []string{"\ufeffepochs = 3\r\n", "epochs = 3\nepoch = 4\n", "epochs = true\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			fmt.Println(err)
			return
		}
		data, err := tomlfile.Read(path, "a recipe", "recipe", &recipe)
		fmt.Printf("%q %d", data, recipe.Epochs)
		if err != nil {
			fmt.Print(err.Error()[len(path):])
		}
		fmt.Println()
	}
	// Output:
	// "epochs = 3\r\n" 3
	// "" 3 line 2: nothing is called epoch in a recipe
	// "" 3 line 1, column 10: a value is of another kind than its setting takes, as a text in place of a number
}
