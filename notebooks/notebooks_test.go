package notebooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/kernels"
)

// notebook is the part of an .ipynb file that the tests read (nbformat 4.5).
type notebook struct {
	Cells    []cell
	Metadata struct {
		Kernelspec struct{ Name string }
		PVS        struct{ Executed string } // execute.py's digest of the code that made the outputs
	}
}

type cell struct {
	Type    string `json:"cell_type"`
	Source  lines
	Count   int `json:"execution_count"`
	Outputs []output
}

type output struct {
	Type string `json:"output_type"`
	Name string // of a stream
	Text lines
	Data map[string]lines
}

// lines is a text that may be stored as a list of lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var parts []string
	if json.Unmarshal(data, &parts) == nil {
		*l = lines(strings.Join(parts, ""))
		return nil
	}
	var s string
	err := json.Unmarshal(data, &s)
	*l = lines(s)
	return err
}

func read(t *testing.T, path string) notebook {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var nb notebook
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return nb
}

// files lists the notebooks.
func files(t *testing.T) []string {
	found, err := filepath.Glob("*.ipynb")
	if err != nil || len(found) == 0 {
		t.Fatalf("no notebooks: %v", err)
	}
	return found
}

// code returns the code cells.
func (nb notebook) code() []cell {
	return slices.DeleteFunc(slices.Clone(nb.Cells), func(c cell) bool { return c.Type != "code" })
}

// digest is execute.py's.
func (nb notebook) digest() string {
	var sources []string
	for _, c := range nb.code() {
		sources = append(sources, string(c.Source))
	}
	sum := sha256.Sum256([]byte(strings.Join(sources, "\x00")))
	return hex.EncodeToString(sum[:])
}

// kinds lists the kinds of the outputs of a cell. A picture is
// a PNG or a JPEG, whichever was smaller. Lines of progress do not count: what exists
// already is not made again, and has none.
func (c cell) kinds() []string {
	out := []string{}
	for _, o := range c.Outputs {
		kind := o.Type + " " + o.Name
		for mime, data := range o.Data {
			kind = mime
			if strings.HasPrefix(string(data), `<div class="pvs-progress"`) {
				kind = ""
			} else if strings.HasPrefix(mime, "image/") {
				kind = "picture"
			}
		}
		if kind != "" {
			out = append(out, kind)
		}
	}
	return out
}

func (nb notebook) pictures() int {
	n := 0
	for _, c := range nb.code() {
		n += len(slices.DeleteFunc(c.kinds(), func(k string) bool { return k != "picture" }))
	}
	return n
}

const maxBytes = 3 << 20

// What every notebook has, whatever it teaches.
func TestForm(t *testing.T) {
	for _, path := range files(t) {
		nb := read(t, path)
		text := ""
		for i, c := range nb.Cells {
			if c.Type == "markdown" {
				text += string(c.Source) + "\n"
			} else if n := strings.Count(string(c.Source), "\n") + 1; n > 25 {
				t.Errorf("%s: cell %d has %d lines", path, i+1, n)
			}
			if regexp.MustCompile(`(?m)^\s*(import )?\. "`).MatchString(string(c.Source)) {
				t.Errorf("%s: cell %d has a dot import, which breaks the cells after it", path, i+1)
			}
		}
		for _, want := range []string{"**You will learn**", "**You need**", "**Run time**", "uess", "## Summary",
			"## Exercises", "](../pvs/"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: nothing says %q", path, want)
			}
		}
		if n := strings.Count(text, "<details>"); n < 2 {
			t.Errorf("%s: %d hidden hints, want one for each of two exercises", path, n)
		}
		if nb.Metadata.Kernelspec.Name != "gopvs" {
			t.Errorf("%s: its kernel is %q", path, nb.Metadata.Kernelspec.Name)
		}
		first := string(nb.code()[0].Source)
		if !strings.HasPrefix(first, "%noautoget\n// This notebook needs the kernel \"Go (pvs)\"") ||
			!strings.Contains(first, "lab.Ready()") {
			t.Errorf("%s: the first cell does not say what to do in another kernel", path)
		}
	}
}

// The targets of a notebook's links exist.
func TestLinks(t *testing.T) {
	for _, path := range append(files(t), "README.md") {
		var texts []string
		if path == "README.md" {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(data))
		} else {
			for _, c := range read(t, path).Cells {
				if c.Type == "markdown" {
					texts = append(texts, string(c.Source))
				}
			}
		}
		for _, m := range regexp.MustCompile(`(?:\]\(|src=")([^)#"]+)`).FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.FromSlash(m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
}

// The outputs are those of the present code, from one run from top to bottom.
func TestOutputsAreOfTheCode(t *testing.T) {
	for _, path := range files(t) {
		nb := read(t, path)
		if nb.Metadata.PVS.Executed != nb.digest() {
			t.Errorf("%s: its code changed after its outputs were made; make them anew: notebooks/execute.py %[1]s", path)
		}
		for i, c := range nb.code() {
			if c.Count != i+1 {
				t.Errorf("%s: code cell %d was run as number %d", path, i+1, c.Count)
			}
			for _, o := range c.Outputs {
				if o.Type == "error" || o.Name == "stderr" {
					t.Errorf("%s: code cell %d has an error as its output: %.200s", path, i+1, o.Text)
				}
				for mime, data := range o.Data {
					if !strings.HasPrefix(mime, "image/") &&
						regexp.MustCompile(`(^|[\s"'(>])/(work|root|home|tmp|Users)/`).MatchString(string(data)) {
						t.Errorf("%s: code cell %d names a folder of the machine it ran on: %.300s", path, i+1, data)
					}
				}
			}
		}
		if nb.pictures() == 0 {
			t.Errorf("%s shows no picture", path)
		}
		if info, err := os.Stat(path); err != nil || info.Size() > maxBytes {
			t.Errorf("%s: %d bytes are more than %d (%v)", path, info.Size(), maxBytes, err)
		}
	}
}

// All run at smoke scale through the installed kernel, and show what the committed ones
// show.
func TestExecute(t *testing.T) {
	if os.Getenv("PVS_NOTEBOOKS") == "" {
		t.Skip("set PVS_NOTEBOOKS=1 to execute all notebooks, which takes some minutes")
	}
	lab, err := kernels.Default()
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(lab.Dir, "venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Skip("the lab is not installed: go run ./pvs/cmd/pvs setup --lab")
	}
	out := t.TempDir()
	for _, path := range files(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel() // a cell is linked on one core
			cmd := exec.CommandContext(t.Context(), python, "execute.py", "--smoke", "--out", out, path)
			cmd.Env = append(os.Environ(), "PVS_WORK="+t.TempDir()) // independent of other notebooks
			said, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			t.Logf("%s", said)
			was, now := read(t, path).code(), read(t, filepath.Join(out, path)).code()
			for i, c := range now {
				if want := was[i].kinds(); !slices.Equal(c.kinds(), want) {
					t.Errorf("code cell %d shows %v, and %v where it was committed:\n%s", i+1, c.kinds(), want, c.Source)
				}
			}
		})
	}
}
