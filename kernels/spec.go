package kernels

import (
	_ "embed" // the kernel's icon
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

const (
	// kernelName is the kernel's name in the metadata of notebooks.
	kernelName = "gopvs"
	// displayName is the kernel's name in JupyterLab.
	displayName = "Go (pvs)"
)

//go:embed logo-svg.svg
var logo string

// spec is the content of kernel.json
// (https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs).
type spec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// writeSpec installs the kernel in one of Jupyter's data folders. Env is added to the
// environment of the kernel.
func (l Lab) writeSpec(data string, env map[string]string) (Part, error) {
	s := spec{
		Argv:          []string{filepath.Join(l.bin(), kernelName), "{connection_file}"},
		DisplayName:   displayName,
		Language:      "go",
		InterruptMode: "message",
		// Jupyter puts its own in
		Env: map[string]string{"PATH": l.bin() + string(filepath.ListSeparator) + "${PATH}"},
	}
	for key, value := range env {
		s.Env[key] = value
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return Part{}, err
	}
	dir := filepath.Join(data, "kernels", kernelName)
	for name, content := range map[string]string{"kernel.json": string(text) + "\n", "logo-svg.svg": logo} {
		if err := wholefile.Write(filepath.Join(dir, name),
			func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
			return Part{}, fmt.Errorf("installing the kernel in %s: %w", dir, err)
		}
	}
	bytes, err := diskUsage(dir)
	return Part{Name: "kernel", Version: kernelName, Path: dir, Bytes: bytes}, err
}

// checkKernel returns an error that says why Jupyter cannot start the kernel.
func checkKernel(data string) error {
	file := filepath.Join(data, "kernels", kernelName, "kernel.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the kernel %q is missing", displayName)
	}
	var s spec
	if err := json.Unmarshal(text, &s); err != nil || len(s.Argv) == 0 {
		return fmt.Errorf("%s is broken", file)
	}
	for _, name := range []string{kernelName, "gonb", "goimports", "gopls", "go"} {
		program := filepath.Join(filepath.Dir(s.Argv[0]), name)
		if _, err := os.Stat(program); err != nil {
			return fmt.Errorf("the kernel's program %s is missing", program)
		}
	}
	return nil
}
