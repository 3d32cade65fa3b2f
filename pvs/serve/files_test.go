package serve

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// No path of an index leads out of the folders: by .., as an absolute one, by links, or to what is no file.
func TestPathsStayInside(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	photo := plain(red, white)
	for _, path := range []string{filepath.Join(outside, "secret.jpg"), filepath.Join(inside, "a.jpg")} {
		if err := os.WriteFile(path, photo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.jpg": filepath.Join(outside, "secret.jpg"), "folder": outside,
		"relative.jpg": "../" + filepath.Base(outside) + "/secret.jpg", "good.jpg": "a.jpg"} {
		if err := os.Symlink(to, filepath.Join(inside, link)); err != nil {
			t.Skip(err)
		}
	}
	f, err := OpenFiles(inside, "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for path, ok := range map[string]bool{
		"a.jpg": true, "good.jpg": true, filepath.Join(inside, "a.jpg"): true, "./a.jpg": true,
		"../" + filepath.Base(outside) + "/secret.jpg": false, filepath.Join(outside, "secret.jpg"): false,
		"link.jpg": false, "relative.jpg": false, "folder/secret.jpg": false, "/etc/passwd": false, "": false, ".": false,
		filepath.Join(inside, "..", filepath.Base(outside), "secret.jpg"): false, "a.jpg/../../x": false, "gone.jpg": false,
		inside + "/./a.jpg": true, inside + "x/a.jpg": false,
	} {
		data, err := f.read(path, 1<<20)
		if ok != (err == nil) || ok && !bytes.Equal(data, photo) {
			t.Errorf("%q: %v, want it read: %v", path, err, ok)
		}
	}
	if _, err := f.read("a.jpg", 100); err == nil {
		t.Error("a file above the limit was read")
	}
	var none *Files
	if _, err := none.read("a.jpg", 100); err == nil {
		t.Error("read without folders")
	}
	if _, err := OpenFiles(filepath.Join(inside, "gone"), ""); err == nil {
		t.Error("a folder that is not there was opened")
	}
}

// Files of photos that are put are named by digests, whatever the id is.
func TestUploadNames(t *testing.T) {
	dir := t.TempDir()
	f, err := OpenFiles("", filepath.Join(dir, "up"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, id := range []string{"../../etc/cron", "a/b", "", "\x00", "con"} {
		path, err := f.store(id, []byte(id+"data"))
		if err != nil {
			t.Fatal(err)
		}
		if rel, err := filepath.Rel(dir, path); err != nil || !filepath.IsLocal(rel) || len(rel) < 60 {
			t.Errorf("%q: %s", id, path)
		}
		if data, err := f.read(path, 100); string(data) != id+"data" {
			t.Errorf("%q: %v", id, err)
		}
		f.drop(path)
		if f.drop(filepath.Join(dir, "up")); !f.Reads(path) {
			t.Error("the folder is gone")
		}
	}
	f.drop("/etc/hostname") // not one of ours
}

// exif is the start of an EXIF block whose text nobody else should see.
const exif = "Exif\x00\x00II*\x00\x08\x00\x00\x00 GPS 47.3769 N 8.5417 E"

// Pictures are encoded anew: what a camera wrote beside the pixels does not go out.
func TestPicturesHaveNoPlace(t *testing.T) {
	s := openShop(t, nil)
	photo := framed(red, white, 200, 100)
	tagged := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	tagged = append(tagged, photo[2:]...)
	s.answers(t, form("PUT", "/v1/photos/x", "@photo", tagged), 201, nil)
	for _, url := range []string{"/image?id=x&side=160", "/image?id=x&side=480", "/image?id=x&side=1200"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, get(url))
		data := w.Body.Bytes()
		if w.Code != 200 || bytes.Contains(data, []byte("GPS")) || bytes.Contains(data, []byte("Exif")) {
			t.Fatalf("%s: %d, %d bytes", url, w.Code, len(data))
		}
		p, err := imageprep.Decode(w.Body, url, imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][2]int{"/image?id=x&side=160": {160, 160}, "/image?id=x&side=480": {200, 200}}[url]
		if url == "/image?id=x&side=1200" {
			want = [2]int{200, 100}
		}
		if p.Width != want[0] || p.Height != want[1] {
			t.Errorf("%s is %d x %d", url, p.Width, p.Height)
		}
		tag := w.Header().Get("ETag")
		r := get(url)
		r.Header.Set("If-None-Match", tag)
		s.answers(t, r, 304, nil)
	}
	s.refuses(t, get("/image?id=x&side=481"), 400, "side must be")
	s.refuses(t, get("/image?id=gone&side=160"), 404, "no photo")
	loose := s.index.photos["loose"] // indexed from another file of that name
	loose.Digest = strings.Repeat("0", 64)
	s.index.photos["loose"] = loose
	s.refuses(t, get("/image?id=loose&side=160"), 409, "has changed since it was indexed")
	if err := os.Remove(filepath.Join(s.dir, "loose.jpg")); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, get("/image?id=loose&side=160"), 404, "cannot be read here")
}

// A photo is put onto a square whose rest goes on with its edges.
func TestSquared(t *testing.T) {
	p := imageprep.NewRGB(4, 2)
	for x := range 4 {
		copy(p.Pix[3*x:], []uint8{10, 20, 30})
		copy(p.Pix[3*(4+x):], []uint8{200, 100, 50})
	}
	q := squared(p)
	for y, want := range []uint8{10, 10, 200, 200} {
		if got := q.Pix[3*(4*y+2)]; q.Width != 4 || q.Height != 4 || got != want {
			t.Errorf("row %d: %d, not %d", y, got, want)
		}
	}
	tall := imageprep.NewRGB(2, 4)
	for y := range 4 {
		copy(tall.Pix[6*y:], []uint8{1, 1, 1, 9, 9, 9})
	}
	q = squared(tall)
	for x, want := range []uint8{1, 1, 9, 9} {
		if got := q.Pix[3*(4*1+x)]; got != want {
			t.Errorf("column %d: %d, not %d", x, got, want)
		}
	}
	if small := halved(p, 1); small.Width != 2 || small.Height != 1 || small.Pix[0] != 105 {
		t.Errorf("%+v", small)
	}
}

func TestCache(t *testing.T) {
	c := newCache(100)
	for i := range 10 {
		c.put(string(rune('a'+i)), make([]byte, 30))
		c.get("a")
	}
	_, a := c.get("a")
	_, b := c.get("b")
	_, j := c.get("j")
	if !a || b || !j || c.size != 90 || len(c.by) != 3 {
		t.Errorf("%v %v %v, %d bytes", a, b, j, c.size)
	}
	c.put("a", make([]byte, 10))
	if c.size != 70 {
		t.Errorf("%d bytes", c.size)
	}
}
