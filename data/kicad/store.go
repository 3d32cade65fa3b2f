package kicad

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

const (
	debianPackage = "kicad-packages3d"
	modelsFolder  = "usr/share/kicad/3dmodels/"
	listFile      = "models.tsv"
)

// store is a folder of unpacked models, and the package that the others come from.
type store struct {
	dir     string
	local   bool   // dir is the user's own folder: there is no package
	deb     string // the package's file, once it is there
	keepDeb bool
	tmp     string
}

// describe names the source for messages.
func (s *store) describe() string {
	if s.local || s.deb != "" && s.keepDeb {
		return s.dir + s.deb
	}
	return "Debian's package " + debianPackage
}

// close deletes the downloaded package.
func (s *store) close() {
	if s.tmp != "" {
		os.RemoveAll(s.tmp)
	}
}

// list returns all models, from the list that an earlier start left or from the package.
func (s *store) list(ctx context.Context, log func(string)) ([]model, error) {
	if s.local {
		return s.walk()
	}
	path := filepath.Join(s.dir, listFile)
	if data, err := os.ReadFile(path); err == nil && s.deb == "" {
		if models := parseList(string(data)); len(models) > 0 {
			return models, nil
		}
	}
	var models []model
	err := s.stream(ctx, log, func(name string, size int64, _ io.Reader) error {
		models = append(models, model{name, size})
		return nil
	})
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	for _, m := range models {
		fmt.Fprintf(&text, "%d\t%s\n", m.size, m.name)
	}
	return models, wholefile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text.String())
		return err
	})
}

func parseList(text string) []model {
	var models []model
	for line := range strings.Lines(text) {
		size, name, ok := strings.Cut(strings.TrimSpace(line), "\t")
		n, err := strconv.ParseInt(size, 10, 64)
		if ok && err == nil {
			models = append(models, model{name, n})
		}
	}
	return models
}

// walk lists a folder of the user's.
func (s *store) walk() ([]model, error) {
	var models []model
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".wrl" {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		models = append(models, model{filepath.ToSlash(name), info.Size()})
		return nil
	})
	return models, err
}

// unpack makes sure that the chosen models are in the folder.
func (s *store) unpack(ctx context.Context, chosen []model, log func(string)) error {
	if s.local {
		return nil
	}
	wanted := map[string]bool{}
	for _, m := range chosen {
		if info, err := os.Stat(s.path(m.name)); err != nil || info.Size() != m.size {
			wanted[m.name] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	log(fmt.Sprintf("unpacking %d models into %s", len(wanted), s.dir))
	err := s.stream(ctx, log, func(name string, _ int64, r io.Reader) error {
		if !wanted[name] {
			return nil
		}
		delete(wanted, name)
		return wholefile.Write(s.path(name), func(w io.Writer) error { _, err := io.Copy(w, r); return err })
	})
	if err == nil && len(wanted) > 0 {
		err = fmt.Errorf("%d models of the list are not in the package; remove %s to list it anew", len(wanted),
			filepath.Join(s.dir, listFile))
	}
	return err
}

// stream goes through the models of the package without unpacking it.
func (s *store) stream(ctx context.Context, log func(string),
	each func(name string, size int64, r io.Reader) error) error {
	if err := s.download(ctx, log); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", s.deb)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("reading %s needs dpkg-deb: %w", s.deb, err)
	}
	archive := tar.NewReader(bufio.NewReaderSize(out, 1<<20))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, _ = io.Copy(io.Discard, out) // the padding behind the end
			if err := cmd.Wait(); err != nil {
				return fmt.Errorf("unpacking %s: %w", s.deb, err)
			}
			return nil
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			name, inside := strings.CutPrefix(strings.TrimPrefix(header.Name, "./"), modelsFolder)
			if inside && strings.HasSuffix(name, ".wrl") && filepath.IsLocal(name) {
				err = each(name, header.Size, archive)
			}
		}
		if err != nil {
			stop()
			_ = cmd.Wait() // was stopped
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
				return cause
			}
			return fmt.Errorf("unpacking %s: %w", s.deb, err)
		}
	}
}

// ErrNoParts marks errors about parts that cannot be downloaded, for [errors.Is]: Options.From is
// a way out.
var ErrNoParts = errors.New("get its .deb file or a folder of .wrl files otherwise")

// download fetches the package into a temporary folder.
func (s *store) download(ctx context.Context, log func(string)) error {
	if s.deb != "" {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("the parts are in %s, and there is no apt-get here: %w", s.describe(), ErrNoParts)
	}
	tmp, err := os.MkdirTemp("", "pvs-kicad-*")
	if err != nil {
		return err
	}
	s.tmp = tmp
	log(fmt.Sprintf("downloading %s (379 MB); it is deleted afterwards and nothing is installed", s.describe()))
	var words []byte
	for _, step := range [][]string{{"download"}, {"update"}, {"download"}} {
		args := append(step, "--quiet")
		if step[0] == "download" {
			args = append(args, debianPackage)
		}
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Dir = tmp
		words, err = cmd.CombinedOutput()
		found, _ := filepath.Glob(filepath.Join(tmp, debianPackage+"_*.deb"))
		if step[0] == "download" && err == nil && len(found) == 1 {
			s.deb = found[0]
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	last := bytes.TrimSpace(words)
	last = last[bytes.LastIndexByte(last, '\n')+1:]
	return fmt.Errorf("apt-get could not download %s (%s); is there a network? %w", debianPackage, last, ErrNoParts)
}
