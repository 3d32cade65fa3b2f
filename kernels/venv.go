package kernels

import (
	"bufio"
	"context"
	_ "embed" // requirements.txt
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed requirements.txt
var requirements string

// packages are the lines of requirements.txt without comments.
func packages() (list []string) {
	for line := range strings.Lines(requirements) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

// jupyterVersion is the pinned version of JupyterLab.
func jupyterVersion() string {
	for _, p := range packages() {
		if version, ok := strings.CutPrefix(p, "jupyterlab=="); ok {
			return version
		}
	}
	return ""
}

// installJupyter creates the virtual environment, unless it exists with these packages.
func (l Lab) installJupyter(ctx context.Context, log func(string), progress func(done, total int)) (Part, error) {
	part := Part{Name: "jupyterlab", Version: jupyterVersion(), Path: l.venv()}
	var err error
	if l.checkJupyter(ctx) != nil && ctx.Err() == nil {
		log(fmt.Sprintf("installing JupyterLab %s and what it needs in %s", part.Version, l.venv()))
		if err := l.makeVenv(ctx, progress); err != nil {
			return part, fmt.Errorf("installing JupyterLab in %s: %w", l.venv(), err)
		}
	}
	if ctx.Err() != nil {
		return part, ctx.Err()
	}
	if err := l.configure(); err != nil {
		return part, err
	}
	part.Bytes, err = diskUsage(l.venv())
	return part, err
}

// checkJupyter returns an error that says why JupyterLab cannot be started.
func (l Lab) checkJupyter(ctx context.Context) error {
	have, err := os.ReadFile(l.installed())
	if err != nil {
		return errors.New("it is not installed")
	}
	if string(have) != requirements {
		return errors.New("it is installed in other versions than this checkout's")
	}
	if _, err := output(ctx, "", nil, l.python(), "-c", "import jupyterlab"); err != nil {
		return fmt.Errorf("it does not start: %w", err)
	}
	return nil
}

// makeVenv creates the virtual environment. Its copy of requirements.txt, written last,
// marks it as complete.
func (l Lab) makeVenv(ctx context.Context, progress func(done, total int)) error {
	python, err := exec.LookPath("python3")
	if err != nil {
		return errors.New("there is no python3 on the PATH: install Python 3.11 or newer (Debian: apt-get install " +
			"python3-venv)")
	}
	if _, err := output(ctx, "", nil, python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		return fmt.Errorf("%s is older than 3.11: put a newer one first on the PATH", python)
	}
	if err := os.MkdirAll(l.Dir, 0o755); err != nil {
		return wholefile.Explain(err)
	}
	if _, err := output(ctx, "", nil, python, "-m", "venv", "--clear", l.venv()); err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("python3 -m venv fails (Debian: apt-get install python3-venv): %w", err)
		}
		return err
	}
	if err := l.pip(ctx, progress); err != nil {
		return err
	}
	return wholefile.Write(l.installed(),
		func(w io.Writer) error { _, err := io.WriteString(w, requirements); return err })
}

// pip installs the packages. Its progress is the number of packages that it has looked up.
func (l Lab) pip(ctx context.Context, progress func(done, total int)) error {
	list := packages()
	cmd := exec.CommandContext(ctx, l.python(),
		append([]string{"-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
			"--no-input", "--retries=10"}, list...)...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	found := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "Collecting ") {
			found++
			progress(min(found, len(list)), len(list))
		}
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if strings.Contains(stderr.String(), "No space left") {
			return errors.New("the disk is full: it needs 250 MB")
		}
		return fmt.Errorf("pip could not install the packages: is there a network? It said: %s", pipErrors(stderr.String()))
	}
	return nil
}

// pipErrors are the lines that pip marks as errors: the last one says what is missing,
// those before it why. A long list of versions is shortened to its end with the newest.
func pipErrors(stderr string) string {
	var list []string
	for line := range strings.Lines(stderr) {
		if text, ok := strings.CutPrefix(line, "ERROR: "); ok {
			text = strings.TrimSpace(text)
			if len(text) > 240 {
				text = text[:80] + " ... " + text[len(text)-155:]
			}
			list = append(list, text)
		}
	}
	if list == nil {
		return lastLine(stderr)
	}
	return strings.Join(list, "; ")
}

// overrides are settings of JupyterLab's pages: no requests for news and updates, which
// need a network, and all cells of a notebook are rendered, not only the visible ones, so
// that the page does not jump when pictures load.
const overrides = `{
  "@jupyterlab/apputils-extension:notification": {
    "checkForUpdates": false, "fetchNews": "false", "doNotDisturbMode": true
  },
  "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}
}
`

// serverConfig allows only the Go kernel: with Python's, which comes with JupyterLab, a
// notebook of this lab would fail at its first cell.
const serverConfig = `{
  "KernelSpecManager": {"ensure_native_kernel": false, "allowed_kernelspecs": ["` + kernelName + `"]},
  "MultiKernelManager": {"default_kernel_name": "` + kernelName + `"},
  "LabApp": {"extension_manager": "readonly"}
}
`

// configure writes the settings to the virtual environment, where no other Jupyter reads
// them.
func (l Lab) configure() error {
	for file, text := range map[string]string{
		filepath.Join(l.data(), "lab", "settings", "overrides.json"):            overrides,
		filepath.Join(l.venv(), "etc", "jupyter", "jupyter_server_config.json"): serverConfig,
	} {
		if err := wholefile.Write(file,
			func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			return err
		}
	}
	return nil
}
