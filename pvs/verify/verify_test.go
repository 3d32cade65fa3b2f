package verify

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder puts the fixtures that are in the project's testdata together.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	images    = "../imageprep/testdata/image_reference.safetensors"
	weightsH5 = "../effnet/testdata/keras_efficientnet_mini_notop.h5"
	values    = "../effnet/testdata/keras_reference.safetensors"
)

func TestMiniFolder(t *testing.T) {
	checks, err := Folder(context.Background(), folder(t, images, weightsH5, values), []string{"go"}, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if len(checks) < 25 {
		t.Errorf("%d checks", len(checks))
	}
	for _, c := range checks {
		if !c.OK() {
			t.Errorf("%s: %g, allowed %g", c.Name, c.Error, c.Allowed)
		}
	}
}

// A wrong value is found: other weights against the same reference.
func TestWrongWeightsFail(t *testing.T) {
	dir := folder(t, weightsH5, values)
	path := filepath.Join(dir, filepath.Base(weightsH5))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(data) / 2; i < len(data)/2+4000; i += 4 {
		data[i+2] ^= 0x10 // in the middle of the values
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	checks, err := Folder(context.Background(), dir, []string{"go"}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, c := range checks {
		if !c.OK() {
			failed++
		}
	}
	if failed == 0 {
		t.Error("changed weights pass")
	}
}

func TestFolderWithoutValues(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "none"} {
		if _, err := Folder(context.Background(), dir, nil, func(string) {}); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	}
}

func ExampleCheck() {
	c := Check{Name: "pooled", Error: 3e-6, Allowed: 1e-4}
	fmt.Println(c.OK(), Check{Error: math.NaN(), Allowed: 1}.OK())
	// Output: true false
}
