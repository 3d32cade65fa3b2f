package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serving starts the verb and returns where it listens, what it says, and how to end it.
func serving(t *testing.T, args ...string) (url string, said func() string, end func() int) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	out, errs := open("out"), open("err")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, append([]string{"serve", "--json"}, args...), out, errs) }()
	read := func(f *os.File) string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	end = func() int {
		cancel()
		select {
		case status := <-ended:
			ended <- status
			return status
		case <-time.After(time.Minute):
			t.Fatal("the server does not end")
			return -1
		}
	}
	t.Cleanup(func() { end() })
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var v struct{ URL string }
		if json.Unmarshal([]byte(read(out)), &v) == nil && v.URL != "" {
			return v.URL, func() string { return read(errs) }, end
		}
		select {
		case status := <-ended:
			t.Fatalf("status %d: %s", status, read(errs))
		default:
		}
		if time.Since(begun) > time.Minute {
			t.Fatal(read(errs))
		}
	}
}

// asked gets an address, or posts a photo to it.
func asked(t *testing.T, url, photo string) (int, string) {
	t.Helper()
	var resp *http.Response
	var err error
	if photo == "" {
		resp, err = http.Get(url)
	} else {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, _ := w.CreateFormFile("photo", "photo.jpg")
		data, readErr := os.ReadFile(photo)
		if readErr != nil {
			t.Fatal(readErr)
		}
		part.Write(data)
		w.Close()
		resp, err = http.Post(url, w.FormDataContentType(), &body)
	}
	return answered(t, resp, err)
}

// answered reads an answer.
func answered(t *testing.T, resp *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// From a catalogue to answers in two commands; a hangup opens what the folder is now; the end is not a failure.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"data", "synth", "--products", "4", "--size", "64", "--out", at("cat")},
		{"index", "create", at("cat"), "--split", "index", "--baseline", "--out", at("one")},
		{"index", "create", at("cat"), "--split", "query", "--baseline", "--out", at("two")},
	} {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	if err := os.Symlink(at("one"), at("now")); err != nil {
		t.Skip(err)
	}
	url, said, end := serving(t, "--index", at("now"), "--addr", "127.0.0.1:0")
	photos, err := filepath.Glob(filepath.Join(dir, "cat", "images", "*", "*.jpg"))
	if err != nil || len(photos) == 0 {
		t.Fatal(photos, err)
	}
	slices.Sort(photos)
	status, text := asked(t, url+"v1/search", photos[0])
	var a struct {
		Products []struct {
			Product, Photo, Image string
			Score                 float64
		}
		Match bool
	}
	if err := json.Unmarshal([]byte(text), &a); status != 200 || err != nil || len(a.Products) != 4 {
		t.Fatalf("%d: %s", status, text)
	}
	if status, _ := asked(t, strings.TrimSuffix(url, "/")+a.Products[0].Image, ""); status != 200 {
		t.Errorf("the photo of the first product: %d", status)
	}
	if status, page := asked(t, url, ""); status != 200 || !strings.Contains(page, `class="card"`) {
		t.Errorf("the page: %d", status)
	}
	// The link leads to another index now.
	if err := os.Remove(at("now")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("two"), at("now")); err != nil {
		t.Fatal(err)
	}
	hangUp := func(say string) {
		t.Helper()
		before := len(said())
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		for begun := time.Now(); !strings.Contains(said()[before:], say); time.Sleep(5 * time.Millisecond) {
			if time.Since(begun) > time.Minute {
				t.Fatalf("no %q in %s", say, said())
			}
		}
	}
	hangUp("was opened anew")
	photosOf := func() (n struct{ Photos int }) {
		t.Helper()
		status, text := asked(t, url+"v1/index", "")
		if err := json.Unmarshal([]byte(text), &n); status != 200 || err != nil {
			t.Fatalf("%d: %s", status, text)
		}
		return n
	}
	if n := photosOf(); n.Photos != 4 {
		t.Errorf("%d photos are not those of the second index", n.Photos)
	}
	if err := os.Remove(at("now")); err != nil {
		t.Fatal(err)
	}
	hangUp("was not opened anew, what was there before goes on answering")
	if n := photosOf(); n.Photos != 4 {
		t.Errorf("%d photos after a failure", n.Photos)
	}
	if status := end(); status != 0 {
		t.Errorf("status %d: %s", status, said())
	}
}

// Others than this machine need the token that is printed, or that of a file.
func TestServeToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"data", "synth", "--products", "2", "--size", "40", "--out", at("cat")},
		{"index", "create", at("cat"), "--split", "index", "--baseline", "--out", at("index")},
	} {
		if status, _, stderr := pvs(t, args...); status != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	url, _, _ := serving(t, "--index", at("index"), "--addr", "0.0.0.0:0", "--read-only")
	link, token, has := strings.Cut(url, "?token=")
	if !has || len(token) < 20 {
		t.Fatal(url)
	}
	if status, _ := asked(t, link+"v1/index", ""); status != 401 {
		t.Errorf("without the token: %d", status)
	}
	if _, err := os.Stat(filepath.Join(at("index"), "photos")); err == nil {
		t.Error("a server that only reads made a folder")
	}
	short := at("short")
	if err := os.WriteFile(short, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, []string{"serve", "--index", at("index"), "--addr", "127.0.0.1:0", "--token-file", short}, "at least 16")
	refused(t, []string{"serve", "--index", at("index"), "--addr", "127.0.0.1:0", "--token-file", at("gone")}, "gone")
	refused(t, []string{"serve", "--index", at("cat")}, "no index")
	refused(t, []string{"serve", "--index", at("index"), "--checkpoint", at("gone")}, "leave it out")
	refused(t, []string{"serve", "--index", at("index"), "--addr", "127.0.0.1:0", "--photos", at("gone")},
		"folder of photos")
	misused(t, []string{"serve", "--index", at("index"), "--addr", "8080"}, "host and a port")
	misused(t, []string{"serve", "--index", at("index"), "--waiting", "0"}, "--waiting is 0")
	misused(t, []string{"serve"}, "--index")
}
