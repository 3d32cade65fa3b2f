package kicad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/data/debian"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

const (
	debianPackage = "kicad-packages3d"
	modelsFolder  = "usr/share/kicad/3dmodels/"
	listFile      = "models.tsv"
)

// store is a folder of unpacked models, and the package that the others come from.
type store struct {
	dir   string
	local bool // dir is the user's own folder: there is no package
	deb   debian.Package
}

// describe names the source for messages.
func (s *store) describe() string {
	if s.local {
		return s.dir
	}
	return s.deb.Describe()
}

// list returns all models, from the list that an earlier start left or from the package.
func (s *store) list(ctx context.Context, log func(string)) ([]model, error) {
	if s.local {
		return s.walk()
	}
	path := filepath.Join(s.dir, listFile)
	if data, err := os.ReadFile(path); err == nil && s.deb.File == "" {
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
	err := s.deb.Files(ctx, log, func(name string, size int64, r io.Reader) error {
		name, inside := strings.CutPrefix(name, modelsFolder)
		if !inside || !strings.HasSuffix(name, ".wrl") {
			return nil
		}
		return each(name, size, r)
	})
	if errors.Is(err, debian.ErrUnavailable) {
		return fmt.Errorf("%w; %w", err, ErrNoParts)
	}
	return err
}

// ErrNoParts marks errors about parts that cannot be downloaded, for [errors.Is]: Options.From is
// a way out.
var ErrNoParts = errors.New("get its .deb file or a folder of .wrl files otherwise")
