package kernels

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// module is the name in the go.mod of a checkout.
const module = "github.com/gopvs/product-visual-search"

// Checkout is the root of the checkout that holds dir: the first folder upwards whose
// go.mod is this module's.
func Checkout(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if moduleOf(filepath.Join(dir, "go.mod")) == module {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("the lab's notebooks import the packages of a checkout of %s, and %s is in none: run this "+
				"inside of one", module, start)
		}
	}
}

// moduleOf reads the module's name from a go.mod; empty if there is none.
func moduleOf(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
