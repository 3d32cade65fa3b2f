package debian

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrUnavailable marks errors about packages that cannot be downloaded, for [errors.Is].
var ErrUnavailable = errors.New("the package cannot be downloaded")

// unavailable is such an error, with its own words.
type unavailable string

func (u unavailable) Error() string { return string(u) }

// Is makes it one of [ErrUnavailable].
func (u unavailable) Is(target error) bool { return target == ErrUnavailable }

// Package is a package of Debian's archive, or its file.
type Package struct {
	Name      string
	Megabytes int    // of the download, for the line that announces it
	File      string // the .deb file; empty: it is downloaded when it is needed
	tmp       string
}

// Describe names the package for messages.
func (p *Package) Describe() string {
	if p.File != "" && p.tmp == "" {
		return p.File
	}
	return "Debian's package " + p.Name
}

// Close deletes what was downloaded.
func (p *Package) Close() {
	if p.tmp != "" {
		os.RemoveAll(p.tmp)
	}
}

// Files goes through the package's regular files without unpacking it. Names have no
// leading slash or dot. Each may leave a file unread; its error ends the reading.
func (p *Package) Files(ctx context.Context, log func(string),
	each func(name string, size int64, r io.Reader) error) error {
	if err := p.download(ctx, log); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", p.File)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("reading %s needs dpkg-deb: %w", p.File, err)
	}
	archive := tar.NewReader(bufio.NewReaderSize(out, 1<<20))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, _ = io.Copy(io.Discard, out) // the padding behind the end
			if err := cmd.Wait(); err != nil {
				return fmt.Errorf("unpacking %s: %w", p.File, err)
			}
			return nil
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			if name := strings.TrimPrefix(header.Name, "./"); filepath.IsLocal(name) {
				err = each(name, header.Size, archive)
			}
		}
		if err != nil {
			stop()
			_ = cmd.Wait() // was stopped
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
				return cause
			}
			return fmt.Errorf("unpacking %s: %w", p.File, err)
		}
	}
}

// download fetches the package into a temporary folder.
func (p *Package) download(ctx context.Context, log func(string)) error {
	if p.File != "" {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return unavailable("the models are in " + p.Describe() + ", and there is no apt-get here")
	}
	tmp, err := os.MkdirTemp("", "pvs-debian-*")
	if err != nil {
		return err
	}
	p.tmp = tmp
	log(fmt.Sprintf("downloading %s (%d MB); it is deleted afterwards and nothing is installed", p.Describe(),
		p.Megabytes))
	var words []byte
	for _, step := range [][]string{{"download"}, {"update"}, {"download"}} {
		args := append(step, "--quiet")
		if step[0] == "download" {
			args = append(args, p.Name)
		}
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Dir = tmp
		words, err = cmd.CombinedOutput()
		found, _ := filepath.Glob(filepath.Join(tmp, p.Name+"_*.deb"))
		if step[0] == "download" && err == nil && len(found) == 1 {
			p.File = found[0]
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	last := bytes.TrimSpace(words)
	last = last[bytes.LastIndexByte(last, '\n')+1:]
	return unavailable(fmt.Sprintf("apt-get could not download %s, which needs a network (%s)", p.Name, last))
}
