package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// packOfOne writes a package of furniture with one stool.
func packOfOne(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "one.sh3f")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for name, text := range map[string]string{
		"PluginFurnitureCatalog.properties": "license=Public domain\nid#1=T#stool\nname#1=Stool\ncategory#1=Kitchen\n" +
			"model#1=s.obj\nwidth#1=40\ndepth#1=40\nheight#1=60\ncreator#1=Ann\n",
		"s.obj": "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 1 3 4\nf 2 3 4\n",
	} {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDataFurniture(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "goods")
	status, stdout, stderr := pvs(t, "data", "furniture", "--from", packOfOne(t), "--products", "2", "--size", "32",
		"--out", out, "--json")
	if status != 0 {
		t.Fatal(stderr)
	}
	var got struct{ Photos, Products, Categories int }
	err := json.Unmarshal([]byte(stdout), &got)
	if err != nil || got.Products != 1 || got.Categories != 1 || got.Photos < 4 {
		t.Errorf("got %+v, %v of %s", got, err, stdout)
	}
	for _, name := range []string{"photos.csv", "made.json", "CREDITS", "credits.csv"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
}
