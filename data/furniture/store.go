package furniture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/data/debian"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

const (
	debianPackage = "sweethome3d-furniture"
	listFile      = "packages.txt"
	ending        = ".sh3f"
)

// ErrNoModels marks errors about models that cannot be downloaded, for [errors.Is]:
// Options.From is a way out.
var ErrNoModels = errors.New("get its .deb file or a folder of .sh3f files otherwise")

// packages returns the paths of the .sh3f files: the user's, or those of Debian's package,
// which are kept in the cache (130 MB).
func packages(ctx context.Context, from string, log func(string)) ([]string, error) {
	if from != "" {
		info, err := os.Stat(from)
		if err != nil {
			return nil, fmt.Errorf("there is no %s to take models of furniture from", from)
		}
		if info.IsDir() {
			found, err := filepath.Glob(filepath.Join(escape(from), "*"+ending))
			if err == nil && len(found) == 0 {
				err = fmt.Errorf("there are no %s files in %s", ending, from)
			}
			return found, err
		}
		if strings.HasSuffix(from, ending) {
			return []string{from}, nil
		}
	}
	dir, err := fetch.CacheDir("furniture")
	if err != nil {
		return nil, err
	}
	release, err := fetch.Lock(ctx, dir, log) // the package is large: one process at a time downloads it
	if err != nil {
		return nil, err
	}
	defer release()
	list := filepath.Join(dir, listFile)
	if from == "" {
		if found := listed(dir, list); len(found) > 0 {
			return found, nil
		}
	}
	deb := debian.Package{Name: debianPackage, Megabytes: 120, File: from}
	defer deb.Close()
	var names []string
	err = deb.Files(ctx, log, func(name string, size int64, r io.Reader) error {
		if path.Ext(name) != ending {
			return nil
		}
		to := filepath.Join(dir, path.Base(name))
		names = append(names, fmt.Sprintf("%d %s", size, path.Base(name)))
		return wholefile.Write(to, func(w io.Writer) error { _, err := io.Copy(w, r); return err })
	})
	if errors.Is(err, debian.ErrUnavailable) {
		return nil, fmt.Errorf("%w; %w", err, ErrNoModels)
	}
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there are no %s files in %s", ending, deb.Describe())
	}
	err = wholefile.Write(list, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(names, "\n")+"\n")
		return err
	})
	return listed(dir, list), err
}

// listed returns the files of the list if all are there in their sizes.
func listed(dir, list string) []string {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		var size int64
		var name string
		if n, _ := fmt.Sscanf(line, "%d %s", &size, &name); n != 2 {
			return nil
		}
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err != nil || info.Size() != size {
			return nil
		}
		out = append(out, file)
	}
	slices.Sort(out)
	return out
}

// escape makes a folder's name safe in a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
