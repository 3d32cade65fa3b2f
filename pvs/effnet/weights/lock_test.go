package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// Two first starts at once download a file once; the one that waits says so.
func TestFetchAtOnce(t *testing.T) {
	usual := fetch.Cache
	fetch.Cache = t.TempDir()
	t.Cleanup(func() { fetch.Cache = usual })
	var downloads atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		downloads.Add(1)
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(w, "weights")
	}))
	defer server.Close()
	sum := sha256.Sum256([]byte("weights"))
	s := Source{Name: "test", File: "w.h5", URL: server.URL, Check: fetch.Check{SHA256: hex.EncodeToString(sum[:])}}
	var lock sync.Mutex
	var lines []string
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			path, err := s.Fetch(context.Background(), func(line string) {
				lock.Lock()
				defer lock.Unlock()
				lines = append(lines, line)
			})
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != "weights" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := downloads.Load(); n != 1 {
		t.Errorf("%d downloads", n)
	}
	if text := strings.Join(lines, "\n"); strings.Count(text, "waiting for ") != 2 {
		t.Errorf("said %s", text)
	}
}
