package pvs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how long a line of code may be, in characters; a tab counts as one.
const columns = 120

// termOf has words that the project once used, and the field's standard terms for them (docs/glossary.md).
var termOf = map[string]string{
	"slopes?":                         "gradient, or activation derivative",
	"way back":                        "backward pass",
	"own kernels":                     "fused CPU kernels, or CPU engine",
	"kernels of (its|their) own":      "fused CPU kernels, or CPU engine",
	"native kernels?":                 "fused CPU kernels, or CPU engine",
	"kept features?":                  "cached frozen-backbone features",
	"tally|tallies|tallied":           "partial sums",
	"product with ones":               "matrix product with a vector of ones",
	"lively":                          "BatchNorm in training mode, or batch statistics",
	"whole numbers of (8|eight) bits": "int8",
	"guests?":                         "library that does not own the process",
	"(narrow|wide) side":              "projection output, or expansion output",
	"frozen layers apart":             "the frozen backbone, run separately",
	"computed again":                  "recomputed",
}

// olderNames are names that older versions wrote into files, which are still read.
var olderNames = regexp.MustCompile(`\\?"own kernels\\?"`)

// oldWords matches each word of termOf, over the ends of comments' lines too.
var oldWords = func() map[string]*regexp.Regexp {
	of := map[string]*regexp.Regexp{}
	for word := range termOf {
		of[word] = regexp.MustCompile(`(?i)\b(` + strings.ReplaceAll(word, " ", `[\s/*#]+`) + `)\b`)
	}
	return of
}()

// longLines returns a complaint for each line of a file that is too long.
func longLines(name, text string) (complaints []string) {
	for i, line := range strings.Split(text, "\n") {
		if n := utf8.RuneCountInString(line); n > columns {
			complaints = append(complaints, fmt.Sprintf("%s:%d: %d columns, more than %d", name, i+1, n, columns))
		}
	}
	return complaints
}

// oldTerms returns a complaint for each word that has a standard term.
func oldTerms(name, text string) (complaints []string) {
	text = olderNames.ReplaceAllString(text, `""`)
	for word, at := range oldWords {
		for _, found := range at.FindAllStringIndex(text, -1) {
			line := 1 + strings.Count(text[:found[0]], "\n")
			complaints = append(complaints,
				fmt.Sprintf("%s:%d: %q: say %s", name, line, text[found[0]:found[1]], termOf[word]))
		}
	}
	slices.Sort(complaints)
	return complaints
}

// sourcesOf returns the sources of a notebook's cells, without their outputs.
func sourcesOf(notebook []byte) (string, error) {
	var n struct {
		Cells []struct{ Source []string }
	}
	if err := json.Unmarshal(notebook, &n); err != nil {
		return "", err
	}
	var text strings.Builder
	for _, c := range n.Cells {
		fmt.Fprintln(&text, strings.Join(c.Source, ""))
	}
	return text.String(), nil
}

// The files that git tracks keep to the columns and to the field's terms.
func TestStyle(t *testing.T) {
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Skip("git does not list the files here: ", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		ext := path.Ext(name)
		code := slices.Contains([]string{".go", ".c", ".h", ".sh", ".py"}, ext)
		if !code && ext != ".md" && ext != ".ipynb" {
			continue
		}
		data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		if ext == ".ipynb" {
			if text, err = sourcesOf(data); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		var complaints []string
		if code {
			complaints = longLines(name, text)
		}
		if !slices.Contains([]string{"pvs/style_test.go", "docs/glossary.md"}, name) && !strings.Contains(name, "history") {
			complaints = append(complaints, oldTerms(name, text)...)
		}
		for _, c := range complaints {
			t.Error(c)
		}
	}
}

// What TestStyle looks for is found, and only that.
func TestStyleFinds(t *testing.T) {
	for _, c := range []struct {
		text        string
		long, terms int
	}{
		{strings.Repeat("ä", columns) + "\n\t" + strings.Repeat("x", columns-1), 0, 0},
		{"short\n" + strings.Repeat("ä", columns+1), 1, 0},
		{"\t" + strings.Repeat("x", columns), 1, 0},
		{"// the slope, on the way\n\t// back, in kernels of its own", 0, 3},
		{"name == \"own kernels\" and `\\\"own kernels\\\"`", 0, 0},
		{"Own kernels", 0, 1},
		{"totally sloped, on its way", 0, 0},
	} {
		if n := len(longLines("f", c.text)); n != c.long {
			t.Errorf("%.40q: %d long lines, want %d", c.text, n, c.long)
		}
		if found := oldTerms("f", c.text); len(found) != c.terms {
			t.Errorf("%.40q: %q, want %d", c.text, found, c.terms)
		}
	}
	got, err := sourcesOf([]byte(`{"cells": [{"source": ["a\n", "b"], "outputs": [{"text": "x"}]}, {"source": ["c"]}]}`))
	if err != nil || got != "a\nb\nc\n" {
		t.Errorf("a notebook's sources: %q, %v", got, err)
	}
}
