package kernels

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// Lab is a lab that is installed, or will be, in a folder.
type Lab struct {
	Dir string // holds venv, bin, config and the logs of servers, by their ports
}

// Default is the lab of this user: the folder lab of [fetch.CacheDir].
func Default() (Lab, error) {
	dir, err := fetch.CacheDir("lab")
	return Lab{dir}, err
}

// Part is one installed thing.
type Part struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Path    string `json:"path"`
	Bytes   int64  `json:"bytes"`
}

func (l Lab) venv() string      { return filepath.Join(l.Dir, "venv") }
func (l Lab) bin() string       { return filepath.Join(l.Dir, "bin") }
func (l Lab) installed() string { return filepath.Join(l.venv(), "requirements.txt") }

// python is the interpreter of the virtual environment.
func (l Lab) python() string { return filepath.Join(l.venv(), "bin", "python") }

// data is Jupyter's data folder that only this lab's JupyterLab reads.
func (l Lab) data() string { return filepath.Join(l.venv(), "share", "jupyter") }

// Uninstall removes the lab and returns its size in bytes. It waits for an installation
// by another process.
func (l Lab) Uninstall(ctx context.Context, log func(string)) (int64, error) {
	release, err := fetch.Lock(ctx, l.Dir, log)
	if err != nil {
		return 0, err
	}
	defer release()
	bytes, err := diskUsage(l.Dir)
	if err != nil {
		return 0, err
	}
	return bytes, os.RemoveAll(l.Dir)
}

// diskUsage is the total size of the files under path; 0 if there are none.
func diskUsage(path string) (int64, error) {
	var bytes int64
	err := filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("looking through %s: %w", path, err)
	}
	return bytes, err
}
