package shopfeed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/download"
)

// photoServer gives each path a PNG of its own, and counts.
func photoServer(t *testing.T) (url string, given *atomic.Int64) {
	given = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "bad") {
			fmt.Fprint(w, "<html>no photo</html>")
			return
		}
		w.Header().Set("Content-Type", "text/html") // the content counts
		w.Header().Set("Last-Modified", "Mon, 30 Nov 2026 11:00:00 GMT")
		if r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		given.Add(1)
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		copy(img.Pix, r.URL.Path)
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Error(err)
		}
		_, _ = w.Write(b.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL, given
}

// written writes a list of addresses as a feed.
func written(t *testing.T, url string, paths ...string) string {
	t.Helper()
	text := "url,product\n"
	for _, p := range paths {
		text += fmt.Sprintf("%s/%s.png,%s\n", url, p, p[:1])
	}
	file := filepath.Join(t.TempDir(), "feed.csv")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func options() Options {
	return Options{Kind: List, Val: 0.1, Download: download.Options{AllowPrivate: true, Again: true}}
}

// An import that is interrupted or fails for a photo goes on, one of another feed is refused, queries are divided.
func TestImport(t *testing.T) {
	url, given := photoServer(t)
	dir, ctx := t.TempDir(), context.Background()
	feed := written(t, url, "a1", "a2", "a3", "b1", "bad")
	_, err := Import(ctx, feed, dir, options())
	if !errors.Is(err, catalog.ErrBad) {
		t.Fatal(err)
	}
	for _, say := range []string{"importing feed.csv: 1 photos or rows are bad",
		"what came is not an image that can be read: it looks like a web page"} {
		if !strings.Contains(err.Error(), say) {
			t.Errorf("%v, not %q", err, say)
		}
	}
	o := options()
	o.SkipBad, o.Queries = true, 1
	s, err := Import(ctx, feed, dir, o)
	if err != nil || s.Photos != 4 || s.Skipped != 1 || s.Failed != 1 || s.BySplit[catalog.Query] != 1 ||
		given.Load() != 4 {
		t.Errorf("%+v, %v, %d given", s, err, given.Load())
	}
	if _, err := Import(ctx, written(t, url, "c1"), dir, o); !errors.Is(err, ErrAnother) {
		t.Error(err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := Import(ended, feed, dir, o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, catalog.PhotosFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(ctx, feed, other, o); err == nil || !strings.Contains(err.Error(), "would spoil") {
		t.Error(err)
	}
}

// Where the index cannot be changed the catalogue is not either, and the next Sync asks for nothing twice.
func TestSyncFails(t *testing.T) {
	url, given := photoServer(t)
	dir, ctx := t.TempDir(), context.Background()
	if _, err := Import(ctx, written(t, url, "a1", "a2", "b1"), dir, options()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, catalog.PhotosFile))
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	night := written(t, url, "a1", "a3", "b1")
	for range 2 {
		_, err = Sync(ctx, night, dir, options(), func(u *Update) error {
			if len(u.Before.Photos) != 3 || len(u.After.Photos) != 3 || len(u.Digests) != 3 {
				t.Errorf("%v", u)
			}
			for _, p := range u.After.Photos {
				if len(u.Digests[p.ID]) != 64 || !strings.Contains(p.Path, u.Digests[p.ID]) {
					t.Errorf("%s has the digest %q", p.Path, u.Digests[p.ID])
				}
			}
			return full
		})
		if after, read := os.ReadFile(filepath.Join(dir, catalog.PhotosFile)); !errors.Is(err, full) || read != nil ||
			!bytes.Equal(before, after) || given.Load() != 4 {
			t.Errorf("%v, %v, %d given", err, read, given.Load())
		}
	}
	s, err := Sync(ctx, night, dir, options(), func(*Update) error { return nil })
	if err != nil || s.Photos != 3 || given.Load() != 4 {
		t.Errorf("%+v, %v, %d given", s, err, given.Load())
	}
	// A bad row ends it before anything is downloaded; what is noted of the catalogue stays.
	broken := filepath.Join(t.TempDir(), "broken.csv")
	if err := os.WriteFile(broken, []byte("url,product\n"+url+"/d1.png,d\nnowhere,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Sync(ctx, broken, dir, options(), nil); !errors.Is(err, catalog.ErrBad) || given.Load() != 4 {
		t.Errorf("%v, %d given", err, given.Load())
	}
	if m, err := catalog.ReadMade(dir); err != nil || m.Of != night {
		t.Errorf("%v, %v", m, err)
	}
}
