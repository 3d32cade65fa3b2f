package weights

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindRefusesWhatDoesNotFit(t *testing.T) {
	t.Setenv("PVS_CACHE", t.TempDir())
	quiet := func(string) {}
	for _, c := range []struct{ name, variant, say string }{
		{"keras-b9", "", "no weights are called"},
		{"./file.h5", "", "--model"},
		{"./file.h5", "b9", "no EfficientNet is called"},
	} {
		if _, _, err := Find(context.Background(), c.name, c.variant, quiet); err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s %s: got %v, want %q", c.name, c.variant, err, c.say)
		}
	}
}

// What is in the cache needs no network, and fits only its own variant.
func TestCachedSource(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("PVS_CACHE", cache)
	t.Setenv("PATH", t.TempDir())
	s, err := SourceNamed("lite0")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "weights", s.File)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fetch(context.Background(), func(string) {}); err == nil || !strings.Contains(err.Error(), "python3") {
		t.Errorf("without python3: %v", err)
	}
	if err := os.WriteFile(path, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Fetch(context.Background(), func(string) {}); err != nil || got != path {
		t.Errorf("got %q, %v", got, err)
	}
	if _, _, err := Find(context.Background(), "lite0", "b0", func(string) {}); err == nil || !strings.Contains(err.Error(), "variant lite0") {
		t.Errorf("got %v", err)
	}
}

// Every source names a licence, a variant and a way to get it.
func TestSourcesAreComplete(t *testing.T) {
	for _, s := range Sources {
		if s.Licence == "" || s.File == "" || (s.URL == "") == (s.Wheel == nil) {
			t.Errorf("source %s is not complete: %+v", s.Name, s)
		}
	}
}
