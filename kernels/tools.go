package kernels

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tool is a program that the kernel needs.
type tool struct {
	name, pkg string
	version   string // empty: that of the module's go.mod
}

// tools are GoNB and the programs that it calls. gopls imports internal packages of a
// version of golang.org/x/tools that is not the module's, so it is built by its own go.mod.
var tools = []tool{
	{name: "gonb", pkg: "github.com/janpfeifer/gonb"},
	{name: "goimports", pkg: "golang.org/x/tools/cmd/goimports"},
	{name: "gopls", pkg: "golang.org/x/tools/gopls", version: "v0.21.1"},
}

// goCommand finds the Go that builds the checkout: the program itself, not a wrapper on
// the PATH such as goScript.
func goCommand(ctx context.Context, checkout string) (path, version string, err error) {
	found, err := exec.LookPath("go")
	if err != nil {
		return "", "", errors.New("the kernel compiles cells with Go, and there is no go on the PATH: install Go 1.26 or " +
			"newer (https://go.dev/dl) and start again")
	}
	if _, err := output(ctx, checkout, nil, found, "list", "-m"); err != nil {
		return "", "", fmt.Errorf("%s cannot read the checkout's go.mod; it needs Go 1.26 or newer (https://go.dev/dl): %w",
			found, err)
	}
	about, err := output(ctx, checkout, nil, found, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return "", "", fmt.Errorf("asking %s for its folder and version: %w", found, err)
	}
	root, version, _ := strings.Cut(about, "\n")
	return filepath.Join(root, "bin", "go"), version, nil
}

// installTool builds a tool into the lab's bin folder, if it is not there in the right
// version and by the same Go.
func (l Lab) installTool(ctx context.Context, goPath, goVersion, checkout string, t tool, log func(string)) (Part,
	error) {
	target := filepath.Join(l.bin(), t.name)
	want := t.version
	var err error
	if want == "" {
		want, err = output(ctx, checkout, nil, goPath, "list", "-f", "{{.Module.Version}}", t.pkg)
		if err != nil {
			return Part{}, fmt.Errorf("looking for %s in the module: %w", t.name, err)
		}
	}
	if info, err := buildinfo.ReadFile(target); err != nil || info.Main.Version != want || info.GoVersion != goVersion {
		stop := logWhile(log, "building "+t.name+" "+want)
		err := l.build(ctx, goPath, checkout, t)
		stop()
		if err != nil {
			return Part{}, fmt.Errorf("building %s %s: %w", t.name, want, err)
		}
	}
	bytes, err := diskUsage(target)
	return Part{Name: t.name, Version: want, Path: target, Bytes: bytes}, err
}

// build builds the program and then replaces the old one, which a running kernel continues to use.
func (l Lab) build(ctx context.Context, goPath, checkout string, t tool) error {
	if err := os.MkdirAll(l.bin(), 0o755); err != nil {
		return err
	}
	part, err := os.MkdirTemp(l.bin(), ".part-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(part)
	if t.version == "" {
		_, err = output(ctx, checkout, nil, goPath, "build", "-o", filepath.Join(part, t.name), t.pkg)
	} else {
		_, err = output(ctx, checkout, []string{"GOBIN=" + part}, goPath, "install", t.pkg+"@"+t.version)
	}
	if err != nil {
		return err
	}
	return os.Rename(filepath.Join(part, t.name), filepath.Join(l.bin(), t.name))
}

// precompile compiles the packages that cells import, so that the first cell is fast.
func precompile(ctx context.Context, goPath, checkout string, log func(string)) error {
	stop := logWhile(log, "compiling the packages that cells import")
	defer stop()
	list, err := output(ctx, checkout, nil, goPath, "list", "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`,
		"./pvs/...", "./data/...",
		"github.com/janpfeifer/gonb/gonbui", "github.com/janpfeifer/gonb/gonbui/dom",
		"github.com/janpfeifer/gonb/gonbui/widgets")
	if err == nil {
		_, err = output(ctx, checkout, nil, goPath, append([]string{"build"}, strings.Fields(list)...)...)
	}
	if err == nil {
		err = firstCell(ctx, goPath, checkout)
	}
	if err != nil {
		return fmt.Errorf("compiling the packages of %s: %w", checkout, err)
	}
	return nil
}

// firstCell builds what GoNB builds for a notebook's first cell: a module in a workspace
// with the checkout. In a workspace Go reads the go.mod files of more modules than the
// checkout alone needs; they are downloaded here, so that no cell needs a network.
func firstCell(ctx context.Context, goPath, checkout string) error {
	dir, err := os.MkdirTemp("", "pvs-cell-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	const source = "package main\n\nimport _ \"" + module + "/pvs/lab\"\n\nfunc main() {}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{{"mod", "init", "cell"}, {"work", "init", ".", checkout},
		{"build", "-o", filepath.Join(dir, "cell"), "."}} {
		if _, err := output(ctx, dir, nil, goPath, args...); err != nil {
			return err
		}
	}
	return nil
}

// output runs a program and returns its output without surrounding space; an error has
// the last line of the program's output.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 5 * time.Second // a child may keep the pipe open after a Ctrl-C
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if words := lastLine(stderr.String() + stdout.String()); words != "" {
			return "", errors.New(words)
		}
		return "", err
	}
	return strings.TrimSpace(stdout.String()), nil
}

// lastLine returns the last line that is not empty.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// logWhile logs a step, and every 20 seconds that it still runs, until stop is called.
func logWhile(log func(string), what string) (stop func()) {
	log(what)
	start := time.Now()
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(20 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				log(fmt.Sprintf("still %s (%.0f s)", what, time.Since(start).Seconds()))
			}
		}
	}()
	return func() { close(done) }
}
