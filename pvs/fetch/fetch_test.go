package fetch

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func quiet(string) {}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// leftovers lists what is in a folder: nothing, after a download that failed.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			fmt.Fprint(w, "weights")
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "wei")
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for _, c := range []struct {
		name, path, sum string
		ok              bool
	}{
		{"whole", "/good", sum("weights"), true},
		{"another file", "/good", sum("other"), false},
		{"broken off", "/cut", "", false},
		{"missing", "/none", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			err := URL(context.Background(), server.URL+c.path, Check{SHA256: c.sum}, filepath.Join(dir, "file"), quiet)
			if (err == nil) != c.ok {
				t.Fatalf("error %v", err)
			}
			if left := leftovers(t, dir); (len(left) == 1) != c.ok || len(left) > 1 {
				t.Errorf("the folder holds %v", left)
			}
		})
	}
}

func TestURLUnreachable(t *testing.T) {
	server := httptest.NewServer(nil)
	address := server.URL
	server.Close()
	err := URL(context.Background(), address+"/x", Check{}, filepath.Join(t.TempDir(), "x"), quiet)
	if !errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v, want ErrUnreachable", err)
	}
}

func TestMember(t *testing.T) {
	dir := t.TempDir()
	wheel := filepath.Join(dir, "a.whl")
	f, err := os.Create(wheel)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, _ := z.Create("../evil/plugin.so")
	fmt.Fprint(w, "evil")
	w, _ = z.Create("pkg/plugin.so")
	fmt.Fprint(w, "library")
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(dir, "out", "plugin.so")
	if err := Member(wheel, "pkg/*.so", target); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(target); string(got) != "library" {
		t.Errorf("got %q", got)
	}
	if err := Member(wheel, "none/*", target); err == nil {
		t.Error("a missing member must be an error")
	}
}

func TestWheelWithoutPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := Wheel(context.Background(), WheelSpec{Package: "p", Version: "1"}, quiet)
	if err == nil {
		t.Error("want an error that names python3")
	}
}

func ExampleCheck_File() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "weights.h5")
	os.WriteFile(file, []byte("half"), 0o644)
	fmt.Println(Check{Size: 8}.File(file))
	// Output: weights.h5 has 4 bytes, not the expected 8
}
