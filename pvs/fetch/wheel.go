package fetch

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// WheelSpec names one file of the Python package index. The tags choose the file
// independently of the user's Python; they are empty for wheels of pure Python.
type WheelSpec struct {
	Package, Version string
	Platform         string // "manylinux_2_28_x86_64"
	Python, ABI      string // "3.11", "cp311"
	Check            Check
}

// Wheel downloads the wheel through pip to a temporary folder and checks it. The
// caller removes the folder by calling done. Log gets one line.
func Wheel(ctx context.Context, w WheelSpec, log func(string)) (file string, done func(), err error) {
	python, err := exec.LookPath("python3")
	if err != nil {
		return "", nil, fmt.Errorf("downloading the package %s needs python3 with pip, and there is no python3 on the "+
			"PATH: install Python 3", w.Package)
	}
	dir, err := os.MkdirTemp("", "pvs-wheel-*")
	if err != nil {
		return "", nil, err
	}
	remove := func() { os.RemoveAll(dir) }
	log(fmt.Sprintf("downloading the Python package %s %s (%.0f MB)", w.Package, w.Version, float64(w.Check.Size)/1e6))
	args := []string{"-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
		"--quiet", "--dest", dir}
	if w.Platform != "" {
		args = append(args, "--platform", w.Platform)
	}
	if w.Python != "" {
		args = append(args, "--python-version", w.Python, "--implementation", "cp", "--abi", w.ABI)
	}
	cmd := exec.CommandContext(ctx, python, append(args, w.Package+"=="+w.Version)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = 5 * time.Second // a child of pip may keep the pipe open after a Ctrl-C
	if err := cmd.Run(); err != nil {
		remove()
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		if strings.Contains(stderr.String(), "No module named pip") {
			return "", nil, fmt.Errorf("downloading the package %s: python3 has no pip: install it (Debian: apt-get "+
				"install python3-pip)", w.Package)
		}
		return "", nil, fmt.Errorf("pip could not download %s %s: is there a network? Its last line: %s",
			w.Package, w.Version, lastLine(stderr.String()))
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(found) != 1 {
		remove()
		return "", nil, fmt.Errorf("pip said it downloaded %s %s, but left %d wheels", w.Package, w.Version, len(found))
	}
	if err := w.Check.File(found[0]); err != nil {
		remove()
		return "", nil, fmt.Errorf("the downloaded package is not the known one and is not used: %w", err)
	}
	return found[0], remove, nil
}

// lastLine returns the last line that is not empty.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// Member copies the one member of a zip file (a wheel is one) whose name matches
// the pattern (see [path.Match]) to target: whole, or not at all.
func Member(zipFile, pattern, target string) error {
	archive, err := zip.OpenReader(zipFile)
	if err != nil {
		return fmt.Errorf("opening %s: %w", filepath.Base(zipFile), err)
	}
	defer archive.Close()
	for _, member := range archive.File {
		if ok, err := path.Match(pattern, member.Name); err != nil {
			return err
		} else if !ok {
			continue
		}
		return wholefile.Write(target, func(w io.Writer) error {
			r, err := member.Open()
			if err != nil {
				return err
			}
			defer r.Close()
			if n, err := io.Copy(w, r); err != nil {
				return fmt.Errorf("unpacking %s: %w", member.Name, err)
			} else if n != int64(member.UncompressedSize64) {
				return errors.New("unpacking " + member.Name + ": it is cut off")
			}
			return nil
		})
	}
	return fmt.Errorf("%s has no member like %s", filepath.Base(zipFile), pattern)
}
