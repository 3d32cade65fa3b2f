package kernels

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// goScript wraps Go on the kernel's PATH. GoNB runs a bare "go get" before each cell,
// which ignores workspaces and fetches modules that the workspace has; it is skipped.
// Builds are without debug information, which halves the time of linking, most of a
// cell's. All other commands are passed to Go unchanged.
const goScript = `#!/bin/sh
case "$*" in
get | "get -t") exit 0 ;;
"build -o "*) shift && set -- build -ldflags=-w "$@" ;;
esac
exec %[1]s "$@"
`

// kernelScript starts the kernel for the checkout that holds the notebook (Jupyter
// starts it in the notebook's folder), else for the one that was set up.
const kernelScript = `#!/bin/sh
dir=$PWD
until grep -qsx 'module ` + module + `' "$dir/go.mod"; do
  [ "$dir" = / ] && dir=%[2]s && break
  dir=$(dirname "$dir")
done
exec %[1]s --kernel "$1" -go_work="$dir"
`

// writeScript writes an executable script with its arguments, which are quoted.
func (l Lab) writeScript(name, script string, args ...any) error {
	for i, a := range args {
		args[i] = "'" + strings.ReplaceAll(a.(string), "'", `'\''`) + "'"
	}
	path := filepath.Join(l.bin(), name)
	err := wholefile.Write(path, func(w io.Writer) error { _, err := fmt.Fprintf(w, script, args...); return err })
	if err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}
