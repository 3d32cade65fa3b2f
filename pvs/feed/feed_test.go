package feed

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/records"
)

var sixViews = []imageprep.View{imageprep.A0, imageprep.A1, imageprep.A2, imageprep.A3, imageprep.A4, imageprep.A5}

func items(o Order, pass int) []Item { return slices.Collect(o.Pass(pass)) }

// Every photo comes once in a pass with its views side by side, in another order each
// pass and for each seed, and the same for the same.
func TestOrder(t *testing.T) {
	o := Order{Photos: 50, Views: sixViews, Batch: 12, Seed: 100}
	first := items(o, 0)
	if len(first) != 300 || o.Items() != 300 || o.Steps() != 25 {
		t.Fatalf("%d items, %d, %d steps", len(first), o.Items(), o.Steps())
	}
	seen := map[int]bool{}
	for i := 0; i < len(first); i += 6 {
		if seen[first[i].Photo] {
			t.Fatalf("photo %d comes twice", first[i].Photo)
		}
		seen[first[i].Photo] = true
		for k, v := range sixViews {
			if first[i+k].Photo != first[i].Photo || first[i+k].View != v {
				t.Fatalf("item %d is %v", i+k, first[i+k])
			}
		}
	}
	if !reflect.DeepEqual(first, items(o, 0)) {
		t.Error("the same pass came in another order")
	}
	photosOf := func(list []Item) (photos []int) {
		for _, i := range list {
			photos = append(photos, i.Photo)
		}
		return photos
	}
	other := o
	other.Seed = 101
	if slices.Equal(photosOf(first), photosOf(items(o, 1))) || slices.Equal(photosOf(first), photosOf(items(other, 0))) {
		t.Error("another pass or seed came in the same order")
	}
}

// A photo cannot come before the buffer has held it: the buffer is ten batches.
func TestShuffleBuffer(t *testing.T) {
	o := Order{Photos: 1000, Views: []imageprep.View{imageprep.A0}, Batch: 4, Seed: 1}
	position := map[int]int{} // in the order before the buffer, which is the same in all passes
	for pass := range 200 {
		for i, item := range items(o, pass) {
			if p, ok := position[item.Photo]; !ok || i < p {
				position[item.Photo] = i // the earliest possible
			}
		}
	}
	late := 0
	for _, earliest := range position {
		if earliest > 900 {
			late++
		}
	}
	// Without a limit nearly every photo would have come early in one of 200 passes.
	if late < 40 {
		t.Errorf("only %d photos never came before the last tenth", late)
	}
}

func TestSortedAndKept(t *testing.T) {
	o := Order{Photos: 3, Views: []imageprep.View{imageprep.A0, imageprep.A10}, Batch: 2, Sorted: true,
		Keeps: func(photo int, v imageprep.View) bool { return v != imageprep.A10 || photo == 1 }}
	want := []Item{{0, imageprep.A0, 0}, {1, imageprep.A0, 0}, {1, imageprep.A10, 0}, {2, imageprep.A0, 0}}
	if got := items(o, 0); !reflect.DeepEqual(got, want) || o.Items() != 4 || o.Steps() != 2 {
		t.Errorf("got %v", got)
	}
	if got := (Order{Photos: 0, Views: sixViews, Batch: 4}).Steps(); got != 0 {
		t.Errorf("%d steps without photos", got)
	}
}

// testCatalog has n photos of single colours in two categories.
func testCatalog(t testing.TB, n int) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	rows := "photo,path,split,product,category,title\n"
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, 20+5*i, 20))
		for p := range m.Pix {
			m.Pix[p] = uint8(40*i + p%7)
		}
		m.Set(0, 0, color.White)
		name := fmt.Sprintf("%d.png", i)
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
			t.Fatal(err)
		}
		rows += fmt.Sprintf("p%d,%s,train,,Things > %c,\n", i, name, 'A'+i%2)
	}
	if err := os.WriteFile(filepath.Join(dir, catalog.PhotosFile), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drain collects copies of a stream's batches.
func drain(t testing.TB, s *Stream) []Batch {
	t.Helper()
	defer s.Close()
	var out []Batch
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Batch{Step: b.Step, N: b.N, Inputs: slices.Clone(b.Inputs), Labels: slices.Clone(b.Labels),
			Photos: slices.Clone(b.Photos), Items: b.Items})
	}
}

// Batches are the same on one core and on many, with a cache of squares or without, and from
// the middle on.
func TestStream(t *testing.T) {
	c := testCatalog(t, 7)
	views := append(slices.Clone(sixViews[:2]), imageprep.A6, imageprep.A7)
	classes := ClassesOf(c, catalog.Train)
	if !slices.Equal(classes, Classes{"Things > A", "Things > B"}) {
		t.Fatal(classes)
	}
	run := func(memory int64, from int) []Batch {
		images := NewImages(FromCatalog(c, catalog.Train, classes), 16, 5, memory)
		o := Order{Photos: 7, Views: views, Batch: 6, Seed: 9}
		return drain(t, Open(context.Background(), images, o, from, 3*o.Steps()))
	}
	all := run(1<<20, 0)
	if len(all) != 15 || all[4].N != 4 || all[4].Photos[5] != -1 || all[4].Inputs[5*16*16*3] != 0 {
		t.Fatalf("%d batches, the fifth of %d", len(all), all[4].N)
	}
	for _, b := range all {
		for i, item := range b.Items {
			if b.Labels[i] != int32(item.Photo%2) || b.Photos[i] != int32(item.Photo) || item.Pass != b.Step/5 {
				t.Fatalf("batch %d: %v has the label %d", b.Step, item, b.Labels[i])
			}
		}
	}
	if reflect.DeepEqual(all[0].Inputs, all[5].Inputs) {
		t.Error("random views are the same in each pass")
	}
	if !reflect.DeepEqual(all, run(0, 0)) {
		t.Error("cached squares make other batches")
	}
	if !reflect.DeepEqual(all[7:], run(1<<20, 7)) {
		t.Error("a stream from the middle has other batches")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !reflect.DeepEqual(all, run(1<<20, 0)) {
		t.Error("one core makes other batches")
	}
}

func TestBrokenPhoto(t *testing.T) {
	c := testCatalog(t, 4)
	if err := os.WriteFile(c.File(c.Photos[2]), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	source := FromCatalog(c, catalog.Train, ClassesOf(c, catalog.Train))
	s := Open(context.Background(), NewImages(source, 16, 1, 0), Order{Photos: 4, Views: sixViews, Batch: 24, Seed: 1}, 0,
		1)
	defer s.Close()
	if _, err := s.Next(); err == nil || !strings.Contains(err.Error(), "photo p2 (photos.csv line 4)") {
		t.Errorf("got %v", err)
	}
	bad, lines := Unreadable(source)
	if !reflect.DeepEqual(bad, map[int]bool{2: true}) || len(lines) != 1 {
		t.Errorf("got %v, %v", bad, lines)
	}
	if rest := Without(source, bad); rest.Len() != 3 || rest.Digest() == source.Digest() {
		t.Error("the photo is still there")
	}
}

func TestCancelledStream(t *testing.T) {
	c := testCatalog(t, 3)
	ctx, stop := context.WithCancel(context.Background())
	s := Open(ctx, NewImages(FromCatalog(c, catalog.Train, nil), 16, 1, 0),
		Order{Photos: 3, Views: sixViews, Batch: 2, Seed: 1}, 0, 1000)
	stop()
	for range 10 {
		if _, err := s.Next(); errors.Is(err, context.Canceled) {
			return
		}
	}
	t.Error("the stream goes on")
}

// A10 is of photos that are larger than 224 pixels on a side.
func TestLongerSides(t *testing.T) {
	c := testCatalog(t, 3)
	source := FromCatalog(c, catalog.Train, nil)
	sides, err := LongerSides(source, []imageprep.View{imageprep.A0, imageprep.A10})
	if err != nil || !slices.Equal(sides, []int{20, 25, 30}) {
		t.Errorf("got %v, %v", sides, err)
	}
	if sides, err := LongerSides(source, sixViews); sides != nil || err != nil {
		t.Errorf("got %v, %v", sides, err)
	}
}

func TestSample(t *testing.T) {
	source := FromCatalog(testCatalog(t, 6), catalog.Train, nil)
	if a, b := Sample(source, 4, 1), Sample(source, 4, 1); a.Len() != 4 || a.Digest() != b.Digest() {
		t.Error("a sample is of another size or not repeatable")
	}
	if Sample(source, 9, 1).Len() != 6 {
		t.Error("a sample of more than all is all")
	}
}

// A catalogue is the same one wherever its folder stands, and however that is named.
func TestMovedCatalogue(t *testing.T) {
	c := testCatalog(t, 3)
	digest := func(dir string) string {
		c, err := catalog.Open(dir, catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return FromCatalog(c, catalog.Train, ClassesOf(c, catalog.Train)).Digest()
	}
	was := digest(c.Dir)
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(c.Dir, moved); err != nil {
		t.Fatal(err)
	}
	if now := digest(moved); now != was {
		t.Errorf("moved, its digest is %s, not %s", now, was)
	}
	list := filepath.Join(moved, catalog.PhotosFile)
	text, err := os.ReadFile(list)
	if err == nil {
		err = os.WriteFile(list, []byte(strings.Replace(string(text), "p1,", "p9,", 1)), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if digest(moved) == was {
		t.Error("another id, and the same digest")
	}
}

// Records feed the photos that a catalogue feeds, but for JPEG's losses.
func TestFromRecords(t *testing.T) {
	c, name := testCatalog(t, 5), filepath.Join(t.TempDir(), "train")
	classes := ClassesOf(c, catalog.Train)
	if _, err := records.Write(context.Background(), c, catalog.Train, classes, name,
		records.Options{ShardBytes: 1500}); err != nil {
		t.Fatal(err)
	}
	set, err := records.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	fromRecords, err := FromRecords(set, false)
	if err != nil {
		t.Fatal(err)
	}
	fromCatalog := FromCatalog(c, catalog.Train, classes)
	o := Order{Photos: 5, Views: sixViews, Batch: 7, Seed: 3}
	want := drain(t, Open(context.Background(), NewImages(fromCatalog, 16, 1, 0), o, 0, o.Steps()))
	got := drain(t, Open(context.Background(), NewImages(fromRecords, 16, 1, 0), o, 0, o.Steps()))
	if fromRecords.Digest() == fromCatalog.Digest() || len(got) != len(want) {
		t.Fatalf("%d batches, want %d", len(got), len(want))
	}
	for i := range want {
		if !slices.Equal(got[i].Labels, want[i].Labels) || !slices.Equal(got[i].Photos, want[i].Photos) {
			t.Errorf("batch %d: labels %v of photos %v", i, got[i].Labels, got[i].Photos)
		}
		sum := 0.0
		for k, v := range want[i].Inputs {
			sum += math.Abs(float64(v - got[i].Inputs[k]))
		}
		if mean := sum / float64(len(want[i].Inputs)); mean > 6 {
			t.Errorf("batch %d: values differ by %g on average", i, mean)
		}
	}
	w, h, err := fromRecords.Size(4)
	if err != nil || w != 40 || h != 40 {
		t.Errorf("size %d x %d, %v", w, h, err)
	}
}

// A flipped bit, in a record's data or in its length, leaves that record out only.
func TestDamagedRecords(t *testing.T) {
	c := testCatalog(t, 5)
	for _, at := range []int64{3, 40} {
		name := filepath.Join(t.TempDir(), "train")
		if _, err := records.Write(context.Background(), c, catalog.Train, nil, name, records.Options{}); err != nil {
			t.Fatal(err)
		}
		shard := name + "-00000.tfrecord"
		data, err := os.ReadFile(shard)
		if err != nil {
			t.Fatal(err)
		}
		data[at] ^= 1
		if err := os.WriteFile(shard, data, 0o644); err != nil {
			t.Fatal(err)
		}
		set, err := records.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		say := shard + ", the record at byte 0:"
		if _, err := FromRecords(set, false); err == nil || !strings.Contains(err.Error(), say) ||
			!errors.Is(err, catalog.ErrBad) {
			t.Errorf("byte %d: %v", at, err)
		}
		source, err := FromRecords(set, true)
		if err != nil {
			t.Fatal(err)
		}
		bad, lines := Unreadable(source)
		if !reflect.DeepEqual(bad, map[int]bool{0: true}) || len(lines) != 1 || !strings.Contains(lines[0], say) {
			t.Errorf("byte %d: %v, %q", at, bad, lines)
		}
	}
}

func ExampleOrder() {
	o := Order{Photos: 4, Views: []imageprep.View{imageprep.A0, imageprep.A2}, Batch: 4, Seed: 100}
	fmt.Println(o.Items(), "views in", o.Steps(), "batches")
	for item := range o.Pass(0) {
		fmt.Printf("%d:%s ", item.Photo, item.View)
	}
	// Output:
	// 8 views in 2 batches
	// 3:A0 3:A2 1:A0 1:A2 2:A0 2:A2 0:A0 0:A2
}
