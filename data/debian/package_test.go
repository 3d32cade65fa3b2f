package debian

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// build makes a package of files.
func build(t testing.TB, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("dpkg-deb is not here")
	}
	root := t.TempDir()
	files["DEBIAN/control"] = "Package: models\nVersion: 1\nArchitecture: all\n" +
		"Maintainer: T <t@example.org>\nDescription: test\n"
	for name, data := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	deb := filepath.Join(t.TempDir(), "models.deb")
	if out, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", root, deb).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return deb
}

func TestFiles(t *testing.T) {
	p := Package{Name: "models", File: build(t, map[string]string{"usr/a": "one", "usr/b/c": "three"})}
	defer p.Close()
	got := map[string]string{}
	err := p.Files(context.Background(), func(string) {}, func(name string, size int64, r io.Reader) error {
		data, err := io.ReadAll(r)
		got[name] = fmt.Sprint(size, string(data))
		return err
	})
	if err != nil || got["usr/a"] != "3one" || got["usr/b/c"] != "5three" || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	stop := errors.New("enough")
	err = p.Files(context.Background(), func(string) {}, func(string, int64, io.Reader) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	p.Close()
	if _, err := os.Stat(p.File); err != nil || p.Describe() != p.File {
		t.Errorf("the user's own file: %v", err)
	}
}

func TestNoPackage(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.deb")
	if err := os.WriteFile(bad, []byte("no package"), 0o644); err != nil {
		t.Fatal(err)
	}
	each := func(string, int64, io.Reader) error { return nil }
	p := Package{Name: "models", File: bad}
	if err := p.Files(context.Background(), func(string) {}, each); err == nil {
		t.Error("a file that is no package was read")
	}
	t.Setenv("PATH", t.TempDir()) // no apt-get
	p = Package{Name: "models"}
	if err := p.Files(context.Background(), func(string) {}, each); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func ExamplePackage_Describe() {
	fmt.Println((&Package{Name: "kicad-packages3d"}).Describe())
	fmt.Println((&Package{Name: "kicad-packages3d", File: "here.deb"}).Describe())
	// Output:
	// Debian's package kicad-packages3d
	// here.deb
}
