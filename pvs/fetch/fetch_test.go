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
	"strings"
	"sync"
	"testing"
	"time"
)

func quiet(string) {}

func sha(s string) string {
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
		{"whole", "/good", sha("weights"), true},
		{"another file", "/good", sha("other"), false},
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

func TestURLSaysWhatDiffers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		fmt.Fprint(w, "weights")
	}))
	defer server.Close()
	err := URL(context.Background(), server.URL, Check{Size: 8}, filepath.Join(t.TempDir(), "b0.h5"), quiet)
	if err == nil || !strings.Contains(err.Error(), "b0.h5 has 7 bytes, not the expected 8") {
		t.Errorf("got %v", err)
	}
}

// A download that stands still ends, and leaves nothing.
func TestURLStalls(t *testing.T) {
	defer func(d time.Duration) { stallTimeout = d }(stallTimeout)
	stallTimeout = 50 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "wei")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	dir := t.TempDir()
	err := URL(context.Background(), server.URL, Check{}, filepath.Join(dir, "file"), quiet)
	if !errors.Is(err, errStalled) {
		t.Errorf("got %v, want errStalled", err)
	}
	if left := leftovers(t, dir); len(left) > 0 {
		t.Errorf("the folder holds %v", left)
	}
}

func TestURLCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "wei")
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	dir := t.TempDir()
	err := URL(ctx, server.URL, Check{}, filepath.Join(dir, "file"), quiet)
	if !errors.Is(err, context.Canceled) || len(leftovers(t, dir)) > 0 {
		t.Errorf("got %v, left %v", err, leftovers(t, dir))
	}
}

// Several at once write one whole file.
func TestURLAtOnce(t *testing.T) {
	body := strings.Repeat("weights", 1<<16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
	defer server.Close()
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := URL(context.Background(), server.URL, Check{SHA256: sha(body)}, filepath.Join(dir, "file"),
				quiet); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if left := leftovers(t, dir); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
	if err := (Check{SHA256: sha(body)}).File(filepath.Join(dir, "file")); err != nil {
		t.Error(err)
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
