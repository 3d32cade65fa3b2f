package kernels

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// write makes a file of the text, and its folder.
func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestCheckout(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "// a comment\nmodule "+module+"\n", 0o644)
	write(t, filepath.Join(root, "kernels", "other", "go.mod"), "module example.com/other\n", 0o644)
	for _, dir := range []string{root, filepath.Join(root, "kernels"), filepath.Join(root, "kernels", "other")} {
		if got, err := Checkout(dir); err != nil || got != root {
			t.Errorf("from %s: %q, %v", dir, got, err)
		}
	}
	if got, err := Checkout(t.TempDir()); err == nil || !strings.Contains(err.Error(), "inside of one") {
		t.Errorf("outside: %q, %v", got, err)
	}
}

// The spec is what Jupyter's documentation asks for, and what was set up is found again.
func TestSpec(t *testing.T) {
	lab := Lab{t.TempDir()}
	data := filepath.Join(lab.Dir, "jupyter")
	if err := checkKernel(data); err == nil || !strings.Contains(err.Error(), `"Go (pvs)" is missing`) {
		t.Errorf("before: %v", err)
	}
	part, err := lab.writeSpec(data, map[string]string{"PVS_CACHE": "/c"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(part.Path, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got spec
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(lab.Dir, "bin", "gopvs")
	if got.DisplayName != "Go (pvs)" || got.Language != "go" ||
		strings.Join(got.Argv, " ") != program+" {connection_file}" {
		t.Errorf("got %+v", got)
	}
	if got.Env["PATH"] != filepath.Dir(program)+":${PATH}" || got.Env["PVS_CACHE"] != "/c" {
		t.Errorf("environment %v", got.Env)
	}
	for _, name := range []string{"gopvs", "gonb", "goimports", "gopls", "go"} {
		missing := filepath.Join(lab.bin(), name)
		if err := checkKernel(data); err == nil || !strings.Contains(err.Error(), missing+" is missing") {
			t.Errorf("without %s: %v", missing, err)
		}
		write(t, missing, "", 0o755)
	}
	if err := checkKernel(data); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(part.Path, "kernel.json"), "{", 0o644)
	if err := checkKernel(data); err == nil || !strings.Contains(err.Error(), "kernel.json is broken") {
		t.Errorf("broken: %v", err)
	}
}

// Every package is pinned to one version, so that a lab of today is a lab of next year.
func TestRequirementsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*$`)
	for _, p := range packages() {
		if !pinned.MatchString(p) {
			t.Errorf("%q", p)
		}
	}
	if jupyterVersion() == "" {
		t.Error("no jupyterlab")
	}
}

func TestSettingsAreJSON(t *testing.T) {
	for _, text := range []string{overrides, serverConfig} {
		if !json.Valid([]byte(text)) {
			t.Error(text)
		}
	}
}

// What cannot be had is said in a sentence with the way out.
func TestMissingPrograms(t *testing.T) {
	ctx := context.Background()
	goPath, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := goCommand(ctx, "."); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("no go: %v", err)
	}
	lab := Lab{t.TempDir()}
	if _, err := lab.installJupyter(ctx, func(string) {}, func(int, int) {}); err == nil ||
		!strings.Contains(err.Error(), "install Python") {
		t.Errorf("no python3: %v", err)
	}
	t.Setenv("PATH", filepath.Dir(goPath))
	t.Setenv("GOTOOLCHAIN", "local")
	future := t.TempDir()
	write(t, filepath.Join(future, "go.mod"), "module future\n\ngo 1.99\n", 0o644)
	if _, _, err := goCommand(ctx, future); err == nil || !strings.Contains(err.Error(), "1.99") {
		t.Errorf("old go: %v", err)
	}
}

func TestOldPython(t *testing.T) {
	bin := t.TempDir()
	write(t, filepath.Join(bin, "python3"), "#!/bin/sh\nexit 1\n", 0o755)
	t.Setenv("PATH", bin)
	err := Lab{t.TempDir()}.makeVenv(context.Background(), func(int, int) {})
	if err == nil || !strings.Contains(err.Error(), "older than 3.11") {
		t.Errorf("got %v", err)
	}
}

// echo writes a program that says how it was called.
func echo(t *testing.T) string {
	program := filepath.Join(t.TempDir(), "it's a program")
	write(t, program, "#!/bin/sh\necho \"$#\" \"$@\"\n", 0o755)
	return program
}

// A bare "go get" of GoNB does nothing, its builds link faster, all else reaches Go.
func TestGoScript(t *testing.T) {
	lab := Lab{t.TempDir()}
	if err := lab.writeScript("go", goScript, echo(t)); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{"get": "", "get -t": "",
		"get example.com/m@v1.2.3": "2 get example.com/m@v1.2.3", "build -o x": "4 build -ldflags=-w -o x",
		"build ./...": "2 build ./..."} {
		got, err := output(context.Background(), "", nil, filepath.Join(lab.bin(), "go"), strings.Fields(args)...)
		if err != nil || got != want {
			t.Errorf("go %s: %q, %v", args, got, err)
		}
	}
}

// The kernel's workspace is the notebook's checkout, else the one that was set up.
func TestKernelScript(t *testing.T) {
	lab := Lab{t.TempDir()}
	if err := lab.writeScript(kernelName, kernelScript, echo(t), "/set/up"); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "go.mod"), "module "+module+"\n", 0o644)
	write(t, filepath.Join(root, "notebooks", "other", "go.mod"), "module "+module+"/other\n", 0o644)
	for dir, work := range map[string]string{root: root, filepath.Join(root, "notebooks", "other"): root,
		t.TempDir(): "/set/up"} {
		got, err := output(context.Background(), dir, nil, filepath.Join(lab.bin(), kernelName), "c.json")
		if want := "3 --kernel c.json -go_work=" + work; err != nil || got != want {
			t.Errorf("in %s: %q, %v; want %q", dir, got, err, want)
		}
	}
}

func TestUninstall(t *testing.T) {
	lab := Lab{filepath.Join(t.TempDir(), "lab")}
	write(t, filepath.Join(lab.bin(), "gonb"), "12345", 0o755)
	if bytes, err := lab.Uninstall(context.Background(), func(string) {}); err != nil || bytes != 5 {
		t.Errorf("%d bytes, %v", bytes, err)
	}
	if bytes, err := lab.Uninstall(context.Background(), func(string) {}); err != nil || bytes != 0 {
		t.Errorf("again: %d bytes, %v", bytes, err)
	}
	if _, err := os.Stat(lab.Dir); !os.IsNotExist(err) {
		t.Errorf("left behind: %v", err)
	}
}

// When the kernel cannot be installed, JupyterLab's installation is stopped, and what is
// said is why, not that it was stopped.
func TestInstallSaysWhatFailed(t *testing.T) {
	goPath, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bin", "python3"), "#!/bin/sh\ncase \"$*\" in *venv*) exec sleep 60;; esac\n", 0o755)
	write(t, filepath.Join(dir, "go.mod"), "module "+module+"\n\ngo 1.26\n", 0o644)
	t.Setenv("PATH", strings.Join([]string{filepath.Join(dir, "bin"), filepath.Dir(goPath), "/usr/bin", "/bin"}, ":"))
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOPROXY", "off")
	_, err = Lab{filepath.Join(dir, "lab")}.Install(context.Background(),
		Config{Checkout: dir, Log: func(string) {}, Progress: func(int, int) {}})
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "looking for gonb in the module") {
		t.Errorf("got %v", err)
	}
}

// Errors contain pip's reasons, without its lists of old versions.
func TestPipErrors(t *testing.T) {
	old := strings.Repeat("1.0 Requires-Python >=3.11.5; ", 50)
	got := pipErrors("WARNING: slow\nERROR: Ignored the following versions: " + old +
		"4.1.3 Requires-Python >=3.11.5\nERROR: No matching distribution found for soupsieve==4.1.3\n")
	if len(got) > 400 || !strings.Contains(got, "4.1.3 Requires-Python >=3.11.5") ||
		!strings.HasSuffix(got, "; No matching distribution found for soupsieve==4.1.3") {
		t.Errorf("got %q", got)
	}
	if got := pipErrors("Traceback\nMemoryError\n"); got != "MemoryError" {
		t.Errorf("got %q", got)
	}
}
