package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

// shop is a web shop on this machine: products with photos, a feed of them, and answers that fail now and then.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	photos map[string][]byte // by path
	titles map[string]string // of products
	order  []string          // paths
	broken map[string]int    // paths that answer with a status
	given  map[string]int    // how often a photo was given as a whole, since the last reset
	same   int               // how often one was said to be the same
	asked  int
	every  int // how many requests there are from one that fails to the next; 0: none fails
	of     [][]byte
}

func newShop(t *testing.T, size int) *shop {
	s := &shop{photos: map[string][]byte{}, titles: map[string]string{}, broken: map[string]int{}, given: map[string]int{}}
	rng := rand.New(rand.NewPCG(7, 7))
	for range 24 {
		s.of = append(s.of, drawnPhoto(t, rng, size))
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

// drawnPhoto is a JPEG of coloured rectangles.
func drawnPhoto(t *testing.T, rng *rand.Rand, size int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for range 9 {
		c := color.RGBA{uint8(rng.UintN(256)), uint8(rng.UintN(256)), uint8(rng.UintN(256)), 255}
		x, y, w, h := rng.IntN(size), rng.IntN(size), 1+rng.IntN(size), 1+rng.IntN(size)
		for i := x; i < min(x+w, size); i++ {
			for j := y; j < min(y+h, size); j++ {
				img.SetRGBA(i, j, c)
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put gives a path a photo: one of those that were drawn, with a comment (T.81, B.2.4.5) that makes it another file.
func (s *shop) put(path string, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.photos[path] == nil {
		s.order = append(s.order, path)
	}
	of := s.of[(len(path)*31+version*7+int(path[len(path)-5]))%len(s.of)]
	comment := fmt.Sprintf("%s, version %d", path, version)
	n := len(comment) + 2
	s.photos[path] = append(append([]byte{0xff, 0xd8, 0xff, 0xfe, byte(n >> 8), byte(n)}, comment...), of[2:]...)
}

func (s *shop) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	fails := s.every > 0 && s.asked%s.every == 0
	photo, status := s.photos[r.URL.Path], s.broken[r.URL.Path]
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/feed.csv":
		fmt.Fprint(w, s.feed())
		return
	case fails:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case status != 0:
		w.WriteHeader(status)
		return
	case photo == nil:
		http.NotFound(w, r)
		return
	}
	etag := fmt.Sprintf("%q", fmt.Sprintf("%x", photo[:min(len(photo), 60)]))
	w.Header().Set("ETag", etag)
	s.mu.Lock()
	same := r.Header.Get("If-None-Match") == etag
	if same {
		s.same++
	} else {
		s.given[r.URL.Path]++
	}
	s.mu.Unlock()
	if same {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(photo) // who does not wait for it is counted all the same
}

// feed is the shop's export: /mug-17/2.jpg is a photo of the product mug-17.
func (s *shop) feed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString("url,product,title,category\n")
	for _, path := range s.order {
		if s.photos[path] == nil {
			continue
		}
		product := strings.Split(path, "/")[1]
		fmt.Fprintf(&b, "%s%s,%s,%s,Goods > %s\n", s.URL, path, product, s.titles[product], strings.Split(product, "-")[0])
	}
	return b.String()
}

func (s *shop) write(t *testing.T, file, feed string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(feed), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// reset forgets what was given, and says how many photos were, and how many of them more than once.
func (s *shop) reset() (photos, again int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.given {
		photos++
		if n > 1 {
			again++
		}
	}
	s.given, s.same = map[string]int{}, 0
	return photos, again
}
