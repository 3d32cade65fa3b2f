package records

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// replace puts the picture of another photo under a photo's name; its size and time of
// modification stay where keep is set, as with rsync or cp -p.
func replace(t *testing.T, c *catalog.Catalog, photo, by int, keep bool) {
	t.Helper()
	time.Sleep(20 * time.Millisecond) // the system's clock of file times is coarse
	file := c.File(c.Photos[photo])
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(c.File(c.Photos[by]))
	if err != nil {
		t.Fatal(err)
	}
	if keep { // a small picture; bytes after its end are not looked at
		var small bytes.Buffer
		if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 20, 20))); err != nil {
			t.Fatal(err)
		}
		data = append(small.Bytes(), make([]byte, int(info.Size())-small.Len())...)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if keep {
		if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
	}
}

// sameFiles compares the files of two sets, and the lists of them.
func sameFiles(t *testing.T, got, want string) {
	t.Helper()
	read := func(name string) map[string]string {
		files := map[string]string{}
		list, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(f, ".stamps") { // of a photo that was written just now, times say nothing
				data = stampTimes.ReplaceAll(data, []byte(":"))
			}
			files[filepath.Base(f)] = string(data)
		}
		return files
	}
	a, b := read(got), read(want)
	for f := range b {
		if a[f] != b[f] {
			t.Errorf("%s is not as an unbroken writing makes it", f)
		}
		delete(a, f)
	}
	for f := range a {
		t.Errorf("%s is too many", f)
	}
}

var stampTimes = regexp.MustCompile(`:\d+:\d+:`)

// A photo that was replaced under its name is noticed when a finished set is written
// again and when an interrupted one is gone on with, and the key that trainings compare
// is another.
func TestReplaced(t *testing.T) {
	for _, finished := range []bool{true, false} {
		for _, keep := range []bool{true, false} {
			c, name := photosOf(t, 16+6*runtime.GOMAXPROCS(0)), filepath.Join(t.TempDir(), "train")
			opts := Options{ShardBytes: 5000}
			before := write(t, c, filepath.Join(t.TempDir(), "train"), opts)
			if finished {
				write(t, c, name, opts)
			} else {
				ctx, cancel := context.WithCancel(context.Background())
				o := opts
				o.Progress = func(done, _ int) {
					if done == 12 {
						cancel()
					}
				}
				if _, err := Write(ctx, c, catalog.Train, classes, name, o); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			replace(t, c, 4, 1, keep)
			var lines []string
			opts.Log = func(line string) { lines = append(lines, line) }
			got := write(t, c, name, opts)
			want := filepath.Join(t.TempDir(), "train")
			fresh := write(t, c, want, Options{ShardBytes: 5000})
			sameFiles(t, name, want)
			if got.Key == before.Key || got.Key != fresh.Key {
				t.Errorf("finished %v: keys %s, %s and %s", finished, before.Key, got.Key, fresh.Key)
			}
			if len(lines) != 1 || !strings.Contains(lines[0], c.File(c.Photos[4])) {
				t.Errorf("said %q", lines)
			}
			// Written, but with the bytes that it had: nothing is made again.
			replace(t, c, 7, 7, false)
			write(t, c, name, Options{ShardBytes: 5000, Progress: func(int, int) { t.Error("a photo is encoded again") }})
		}
	}
}

// A photo that was left out is taken when it is mended, and what one writing left out is
// an error of the next that is to leave out nothing.
func TestMended(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 4), filepath.Join(t.TempDir(), "train")
	good := c.File(c.Photos[1])
	bad := map[string]func() error{
		"damaged": func() error { return os.WriteFile(good, []byte("no picture"), 0o644) },
		"missing": func() error { return os.Remove(good) },
	}
	for what, spoil := range bad {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if m := write(t, c, name, Options{SkipBad: true}); m.Records != 3 {
			t.Errorf("%s: %+v", what, m)
		}
		write(t, c, name, Options{SkipBad: true, Progress: func(int, int) { t.Errorf("%s: a photo is encoded again", what) }})
		_, err := Write(context.Background(), c, catalog.Train, classes, name, Options{})
		if err == nil || !strings.Contains(err.Error(), "photo p1") {
			t.Errorf("%s: got %v", what, err)
		}
		write(t, c, name, Options{SkipBad: true})
		data, err := os.ReadFile(c.File(c.Photos[0]))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(good, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if m := write(t, c, name, Options{SkipBad: true}); m.Records != 4 || m.Skipped != nil {
			t.Errorf("mended after %s: %+v", what, m)
		}
	}
}

// A second writer of a set is refused and touches nothing.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 12), filepath.Join(t.TempDir(), "train")
	refused := false
	write(t, c, name, Options{ShardBytes: 5000, Progress: func(done, _ int) {
		if done != 6 {
			return
		}
		_, err := Write(context.Background(), c, catalog.Train, classes, name, Options{Quality: 10})
		refused = errors.Is(err, onewriter.ErrBusy) && strings.Contains(err.Error(), name)
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "just being written") {
			t.Errorf("reading meanwhile: %v", err)
		}
	}})
	if !refused {
		t.Error("a second writer was not refused")
	}
	want := filepath.Join(t.TempDir(), "train")
	write(t, c, want, Options{ShardBytes: 5000})
	sameFiles(t, name, want)
}

// Shards of an earlier, larger set of the name do not stay: a folder of TFRecords is
// read as a whole.
func TestFewerShards(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 12), filepath.Join(t.TempDir(), "train")
	write(t, c, name, Options{ShardBytes: 1000})
	write(t, c, name, Options{ShardBytes: 8000})
	want := filepath.Join(t.TempDir(), "train")
	write(t, c, want, Options{ShardBytes: 8000})
	sameFiles(t, name, want)
}

// Who opens records while they are written anew gets the old ones, the new ones or a
// sentence, not the manifest of one and the shards of the other.
func TestOpenWhileWritten(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 9), filepath.Join(t.TempDir(), "train")
	write(t, c, name, Options{ShardBytes: 3000, Quality: 90})
	stop := make(chan struct{})
	opened := 0
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			s, err := Open(name)
			if err != nil {
				if !strings.Contains(err.Error(), "just being written") {
					t.Error(err)
				}
				continue
			}
			opened++
			for i := range s.Len() {
				if r, err := s.At(i); err != nil || !slices.Contains([]int64{0, 1, -1}, r.Label) {
					t.Errorf("record %d: %v", i, err)
				}
			}
			var sizes []int64
			for _, f := range s.files {
				info, err := f.Stat()
				if err != nil {
					t.Error(err)
				}
				sizes = append(sizes, info.Size())
			}
			for i, shard := range s.Manifest.Shards {
				if shard.Bytes != sizes[i] {
					t.Errorf("%s has %d bytes, its manifest says %d", shard.File, sizes[i], shard.Bytes)
				}
			}
			s.Close()
		}
	})
	for i := range 20 {
		write(t, c, name, Options{ShardBytes: 3000, Quality: 90 - i%2})
	}
	close(stop)
	reader.Wait()
	if opened == 0 {
		t.Error("no set was ever opened")
	}
}

// A set that is there stays whole, and is read, until the new one is: also where a photo
// cannot be read, and where the writing is interrupted and gone on with.
func TestOldSetStays(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{true, false} { // the same settings, of which some shards are kept, or others
		c, name := photosOf(t, 40), filepath.Join(t.TempDir(), "train")
		old := Options{ShardBytes: 5000}
		before := write(t, c, name, old)
		next := old
		if !same {
			next.Quality = 60
		}
		replace(t, c, 4, 1, false)
		bad := c.File(c.Photos[30])
		whole, err := os.ReadFile(bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(bad, []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := Write(context.Background(), c, catalog.Train, classes, name, next); err == nil {
				t.Fatal("a photo that cannot be read was written")
			}
			s, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Manifest.Key != before.Key {
				t.Errorf("the set is %s, not %s", s.Manifest.Key, before.Key)
			}
			for i := range s.Len() {
				if _, err := s.At(i); err != nil {
					t.Error(err)
				}
			}
			s.Close()
		}
		if err := os.WriteFile(bad, whole, 0o644); err != nil {
			t.Fatal(err)
		}
		encoded := 0
		next.Progress = func(done, total int) { encoded++ }
		write(t, c, name, next)
		if encoded > 30 {
			t.Errorf("%d photos were encoded again: the shards before the bad one were done", encoded)
		}
		want := filepath.Join(t.TempDir(), "train")
		next.Progress = nil
		write(t, c, want, next)
		sameFiles(t, name, want)
	}
}

// Killed between two renames, the next writing ends with the new set.
func TestKilledWhileNamed(t *testing.T) {
	t.Parallel()
	c := photosOf(t, 40)
	want := filepath.Join(t.TempDir(), "train")
	write(t, c, want, Options{ShardBytes: 5000, Quality: 60})
	for renamed := range 3 {
		name := filepath.Join(t.TempDir(), "train")
		write(t, c, name, Options{ShardBytes: 5000})
		// The last photo's shard is written, and nothing has its name yet.
		stop, cancel := context.WithCancel(context.Background())
		opts := Options{ShardBytes: 5000, Quality: 60, Progress: func(done, total int) {
			if done == total {
				cancel()
			}
		}}
		if _, err := Write(stop, c, catalog.Train, classes, name, opts); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		shards, err := filepath.Glob(name + "-*.tfrecord.new")
		if err != nil || len(shards) < 4 {
			t.Fatal(shards, err)
		}
		if err := os.Remove(name + ".json"); err != nil {
			t.Fatal(err)
		}
		for _, s := range shards[:renamed] {
			if err := os.Rename(s, strings.TrimSuffix(s, ".new")); err != nil {
				t.Fatal(err)
			}
		}
		write(t, c, name, Options{ShardBytes: 5000, Quality: 60})
		sameFiles(t, name, want)
	}
}

// What this package did not write is never replaced, and what it did is named.
func TestOthersRecords(t *testing.T) {
	t.Parallel()
	c := photosOf(t, 8)
	for file, say := range map[string]string{
		"train-00000.tfrecord": "is there without a manifest",
		"train.json":           "is in the way: it is no manifest of records",
	} {
		name := filepath.Join(t.TempDir(), "train")
		if err := os.WriteFile(filepath.Join(filepath.Dir(name), file), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(context.Background(), c, catalog.Train, classes, name, Options{}); err == nil ||
			!strings.Contains(err.Error(), say) {
			t.Errorf("%s: %v", file, err)
		}
	}
	name := filepath.Join(t.TempDir(), "train")
	if err := os.WriteFile(name+".json", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), c, catalog.Train, classes, name, Options{}); err == nil ||
		!strings.Contains(err.Error(), "is empty, perhaps made by the shell") {
		t.Error(err)
	}
	if err := os.Remove(name + ".json"); err != nil {
		t.Fatal(err)
	}
	write(t, c, name, Options{})
	var said []string
	write(t, c, name, Options{Quality: 50, Log: func(line string) { said = append(said, line) }})
	if len(said) != 1 || !strings.Contains(said[0], "holds photos of the split train of the catalogue") {
		t.Errorf("said %q", said)
	}
}
