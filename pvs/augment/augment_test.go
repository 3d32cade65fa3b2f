package augment

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// scenery is a photo with smooth colours, some noise and an edge that is not even.
func scenery(width, height int, seed uint64) *imageprep.RGB {
	p, rng := imageprep.NewRGB(width, height), rand.New(rand.NewPCG(seed, 0))
	for y := range height {
		for x := range width {
			to := p.Pix[3*(y*width+x):]
			to[0] = uint8(200*x/width + rng.IntN(40))
			to[1] = uint8(200*y/height + rng.IntN(40))
			to[2] = uint8(128 + 100*math.Sin(float64(x+y)/20) + float64(rng.IntN(20)))
		}
	}
	return p
}

func augmenter(t testing.TB, o Options, size int) *Augmenter {
	t.Helper()
	a, err := New(o, size, 7)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func variant(a *Augmenter, p *imageprep.RGB, k Key) []float32 {
	dst := make([]float32, 3*a.Size()*a.Size())
	a.Into(dst, p, k)
	return dst
}

func square(p *imageprep.RGB, size int) []float32 {
	dst := make([]float32, 3*size*size)
	imageprep.Square(p, size, dst)
	return dst
}

// far is the largest difference.
func far(a, b []float32) (d float64) {
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// With all operations used, but strengths of 0, a variant is the square.
func TestZeroStrength(t *testing.T) {
	p := scenery(70, 50, 1)
	for _, o := range []Options{{}, {Ground: Ground{Probability: 1, Photos: 1}, Crop: Crop{Probability: 1},
		Rotation: Rotation{Probability: 1}, Perspective: Perspective{Probability: 1}, Erase: Erase{Probability: 1},
		Color: Color{Probability: 1}, Blur: Blur{Probability: 1}, Noise: Noise{Probability: 1},
		JPEG: JPEG{Probability: 1}}} {
		if got := variant(augmenter(t, o, 32), p, Key{}); !slices.Equal(got, square(p, 32)) {
			t.Errorf("%+v changes the photo by %g", o, far(got, square(p, 32)))
		}
	}
}

// The same bytes come on 1 and on 3 goroutines, in any order; other keys and seeds differ.
func TestReproducible(t *testing.T) {
	a := augmenter(t, Strong(), 24)
	a.Grounds = []*imageprep.RGB{scenery(40, 30, 8), scenery(30, 30, 9)}
	photos := []*imageprep.RGB{scenery(90, 60, 1), cutOut(80, 100), scenery(20, 30, 3)}
	key := func(i int) Key { return Key{Epoch: i % 5, Photo: i % 3, Copy: i % 2} }
	const n = 30 // all keys differ
	want := make([][]float32, n)
	for i := range want {
		want[i] = variant(a, photos[i%3], key(i))
		for k := range i {
			if key(k).Photo == key(i).Photo && slices.Equal(want[k], want[i]) {
				t.Errorf("%v and %v give one image", key(k), key(i))
			}
		}
	}
	got := make([][]float32, n)
	var wait sync.WaitGroup
	for g := range 3 {
		wait.Go(func() {
			for i := n - 1 - g; i >= 0; i -= 3 {
				got[i] = variant(a, photos[i%3], key(i))
			}
		})
	}
	wait.Wait()
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%v gives another image on 3 goroutines", key(i))
		}
	}
	other, err := New(Strong(), 24, 8)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(variant(other, photos[0], key(0)), want[0]) {
		t.Error("another seed gives the same image")
	}
}

// Values stay in 0..255, whatever is done.
func TestRange(t *testing.T) {
	a := augmenter(t, Strong(), 20)
	p := cutOut(64, 48)
	for epoch := range 200 {
		dst := variant(a, p, Key{Epoch: epoch})
		if low, high := slices.Min(dst), slices.Max(dst); !(low >= 0 && high <= 255) {
			t.Fatalf("epoch %d: %g to %g", epoch, low, high)
		}
	}
}

// Two settings that differ in one operation draw the same for the others.
func TestPairedDraws(t *testing.T) {
	of := func(name string, photo uint64) draws {
		o, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		return draw(o, random{rand.New(rand.NewPCG(1, photo))})
	}
	differ := 0
	for photo := range uint64(50) {
		all := of("strong", photo)
		for _, name := range Operations() {
			less := of("strong-"+name, photo)
			if less != all {
				differ++
			}
			switch name {
			case "ground":
				less.ground = all.ground
			case "crop", "flip", "rotation", "perspective":
				less.geometry = all.geometry
			case "erase":
				less.erase = all.erase
			case "color":
				less.color = all.color
			case "blur":
				less.blur = all.blur
			case "noise":
				less.noise = all.noise
			case "jpeg":
				less.quality = all.quality
			}
			if less != all {
				t.Fatalf("without %s photo %d has other draws: %+v, %+v", name, photo, less, all)
			}
		}
	}
	if differ < 250 {
		t.Errorf("leaving an operation out mattered only %d times", differ)
	}
}

func TestParse(t *testing.T) {
	o, err := Parse("none+crop+noise")
	want := Options{Crop: Mild().Crop, Noise: Strong().Noise}
	if err != nil || o != want {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := Parse("mild-blur"); err != nil || o.Blur != (Blur{}) || o.Crop != Mild().Crop {
		t.Errorf("%+v, %v", o, err)
	}
	for name, says := range map[string]string{"best": `no augmentation is called "best"`,
		"none+blurr": "no operation of augmentation is called \"blurr\": they are ground, crop", "none+": `called ""`} {
		if _, err := Parse(name); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for says, o := range map[string]Options{"Flip.Probability is 2": {Flip: Flip{Probability: 2}},
		"Perspective.Tilt is 0.5": {Perspective: Perspective{Tilt: 0.5}},
		"Noise.Sigma is NaN":      {Noise: Noise{Sigma: math.NaN()}},
		"Crop.MinArea 0.9":        {Crop: Crop{MinArea: 0.9, MaxArea: 0.5}}} {
		if _, err := New(o, 8, 0); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []Options{Mild(), Strong()} {
		if _, err := New(o, 8, 0); err != nil {
			t.Error(err)
		}
	}
	if _, err := New(Options{}, 0, 0); err == nil {
		t.Error("squares without pixels are taken")
	}
}

func benchmark(b *testing.B, name string, size int, p *imageprep.RGB) {
	o, err := Parse(name)
	if err != nil {
		b.Fatal(err)
	}
	a := augmenter(b, o, size)
	a.Grounds = []*imageprep.RGB{scenery(256, 200, 3)}
	dst := make([]float32, 3*size*size)
	i := 0
	for b.Loop() {
		a.Into(dst, p, Key{Photo: i})
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

// One core, from a decoded photo of 500 x 400 pixels, and from one that was shrunk.
func BenchmarkInto(b *testing.B) {
	p := scenery(500, 400, 1)
	for _, name := range []string{"none", "none+crop", "mild", "strong"} {
		b.Run("112/"+name, func(b *testing.B) { benchmark(b, name, 112, p) })
	}
	b.Run("224/mild", func(b *testing.B) { benchmark(b, "mild", 224, p) })
	b.Run("224/strong", func(b *testing.B) { benchmark(b, "strong", 224, p) })
	b.Run("112/mild/shrunk", func(b *testing.B) { benchmark(b, "mild", 112, Shrink(p, 256)) })
	b.Run("112/ground/cutout", func(b *testing.B) { benchmark(b, "mild+ground", 112, cutOut(500, 400)) })
}
