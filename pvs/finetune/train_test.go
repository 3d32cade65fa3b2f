package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// noisy is a source of random pictures, each class with its own colour.
type noisy struct {
	n, classes int
	failing    int // this photo cannot be read; 0: none
}

func (s noisy) Len() int              { return s.n }
func (s noisy) Label(photo int) int32 { return int32(photo % s.classes) }
func (s noisy) Digest() string        { return fmt.Sprint(s.n, s.classes) }
func (s noisy) Size(int) (int, int, error) {
	return 40, 40, nil
}
func (s noisy) Open(photo int) (*imageprep.RGB, error) {
	if s.failing > 0 && photo == s.failing {
		return nil, errors.New("photo p7 is damaged")
	}
	rng := rand.New(rand.NewPCG(uint64(photo), 1))
	m := imageprep.NewRGB(40, 40)
	for i := range m.Pix {
		m.Pix[i] = uint8(rng.IntN(100))
		if i%3 == photo%s.classes {
			m.Pix[i] += 120
		}
	}
	return m, nil
}

// trainer is of 14 photos in 3 classes, and 4 to validate.
func trainer(t testing.TB) *Trainer {
	t.Helper()
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	tr := &Trainer{Config: c, Training: fastest(t, goBackend(t)), Inference: fastest(t, goBackend(t)),
		Train: noisy{n: 14, classes: 3}, Val: noisy{n: 4, classes: 3},
		Classes: feed.Classes{"a", "b", "c"}, CacheDir: filepath.Join(t.TempDir(), "features"),
		Log: func(s string) { t.Log(s) }}
	t.Cleanup(tr.Close)
	return tr
}

func settings(trains Trains, epochs int) Settings {
	p := phase(trains)
	p.Views = []imageprep.View{imageprep.A0, imageprep.A2, imageprep.A4}
	p.LearningRate, p.Dropout, p.Epochs, p.Batch = 1e-3, 0.2, epochs, 12
	if p.Siamese() {
		p.Dropout = 0
	}
	return Settings{Name: "r", Phase: p, Size: testSize, DropConnect: 0.2, Seed: 100, Dim: testDim}
}

// miniBackbone are the first values of a run.
func miniBackbone(t testing.TB) map[string][]float32 {
	f, err := weights.Read("../effnet/testdata/keras_efficientnet_mini_notop.h5")
	if err != nil {
		t.Fatal(err)
	}
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.For(c)
	if err != nil {
		t.Fatal(err)
	}
	return w.Values
}

// A run that is stopped, in the middle of an epoch too, and resumed ends with the
// same weights and the same log as an unbroken one.
func TestResume(t *testing.T) {
	t.Parallel()
	values := miniBackbone(t)
	for _, trains := range []Trains{NewTop, FromBlock7a, Full, SiameseHead} {
		for _, cache := range []bool{false, true} {
			if cache == (trains == Full) { // Full has nothing to keep, the Siamese head always
				continue
			}
			t.Run(fmt.Sprintf("%s, cache %t", trains, cache), func(t *testing.T) {
				s := settings(trains, 2)
				s.Cache = cache
				whole, err := trainer(t).Run(context.Background(), t.TempDir(), s, values)
				if err != nil {
					t.Fatal(err)
				}
				dir := t.TempDir()
				for stop := 1; ; stop += 2 { // after that many steps
					tr := trainer(t)
					tr.SaveEvery = time.Nanosecond // each step
					ctx, cancel := context.WithCancel(context.Background())
					steps := 0
					tr.Progress = func(p Progress) {
						if strings.HasPrefix(p.What, "training") {
							if steps++; steps == stop {
								cancel()
							}
						}
					}
					again, err := tr.Run(ctx, dir, s, values)
					cancel()
					if errors.Is(err, context.Canceled) {
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if name := differing(whole.Values, again.Values, 0); name != "" {
						t.Errorf("%s differs", name)
					}
					for i, e := range whole.Epochs {
						if e.Train != again.Epochs[i].Train || e.Val != again.Epochs[i].Val {
							t.Errorf("epoch %d: %+v, want %+v", i+1, again.Epochs[i], e)
						}
					}
					break
				}
				if len(whole.Epochs) != 2 || whole.Epochs[0].Train.Rows != 42 || whole.Epochs[1].Val.Rows == 0 ||
					len(whole.Moments) != 0 {
					t.Errorf("epochs %+v", whole.Epochs)
				}
				log, err := os.ReadFile(filepath.Join(dir, LogFile))
				if err != nil || strings.Count(string(log), "\n") != 3 {
					t.Errorf("log %s, %v", log, err)
				}
			})
		}
	}
}

// Training learns: the loss falls and photos that were not trained on are told apart.
func TestLearns(t *testing.T) {
	t.Parallel()
	s := settings(NewTop, 12)
	s.Phase.LearningRate, s.Cache = 1e-2, true
	c, err := trainer(t).Run(context.Background(), t.TempDir(), s, miniBackbone(t))
	if err != nil {
		t.Fatal(err)
	}
	first, last := c.Epochs[0], c.Epochs[len(c.Epochs)-1]
	if !(last.Train.Loss() < first.Train.Loss()/2) || last.Train.Accuracy() < 0.75 {
		t.Errorf("from %s to %s", first.Sentence(s.Phase), last.Sentence(s.Phase))
	}
}

// A done run is not trained again, a run on top of it starts from its weights, and one
// trainer serves both.
func TestLineage(t *testing.T) {
	t.Parallel()
	tr, dir := trainer(t), t.TempDir()
	top := settings(NewTop, 1)
	first, err := tr.Run(context.Background(), filepath.Join(dir, "1"), top, miniBackbone(t))
	if err != nil {
		t.Fatal(err)
	}
	head := settings(SiameseHead, 2)
	head.Name = "head"
	second, err := tr.Run(context.Background(), filepath.Join(dir, "2"), head, first.Values)
	if err != nil {
		t.Fatal(err)
	}
	if differing(first.Values, second.Values, 0) != "" || second.Values[siamese.Kernel] == nil {
		t.Error("the Siamese head changed other weights, or is not there")
	}
	one, err := second.EpochValues(filepath.Join(dir, "2"), 1)
	if err != nil {
		t.Fatal(err)
	}
	last, err := second.EpochValues(filepath.Join(dir, "2"), 2)
	if err != nil {
		t.Fatal(err)
	}
	if differing(last, second.Values, 0) != "" || differing(one, last, 0) == "" {
		t.Error("the weights kept of each epoch are not those")
	}
	tr.Progress = func(Progress) { t.Error("a done run is trained again") }
	if _, err := tr.Run(context.Background(), filepath.Join(dir, "1"), top, miniBackbone(t)); err != nil {
		t.Error(err)
	}
}

// unlabelled has a photo without a class.
type unlabelled struct{ noisy }

func (s unlabelled) Label(photo int) int32 {
	if photo == 2 {
		return -1
	}
	return s.noisy.Label(photo)
}

// A classifier leaves photos without a class out, and a Siamese head on the same cached
// features does not miss them.
func TestWithoutClass(t *testing.T) {
	t.Parallel()
	tr, dir := trainer(t), t.TempDir()
	tr.Train, tr.Val = unlabelled{noisy{n: 14, classes: 3}}, unlabelled{noisy{n: 4, classes: 3}}
	rows := map[Trains]int{NewTop: 3 * 13, SiameseHead: 3 * 14}
	for _, trains := range []Trains{NewTop, SiameseHead} {
		s := settings(trains, 1)
		s.Cache = true
		c, err := tr.Run(context.Background(), filepath.Join(dir, string(trains)), s, miniBackbone(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Epochs[0].Train.Rows; got != rows[trains] {
			t.Errorf("%s saw %d views, want %d", trains, got, rows[trains])
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	values := miniBackbone(t)
	dir := t.TempDir()
	s := settings(NewTop, 1)
	c, err := trainer(t).Run(context.Background(), dir, s, values)
	if err != nil {
		t.Fatal(err)
	}
	other := s
	other.Phase.LearningRate = 0.5
	siameseRandom := settings(SiameseHead, 1)
	siameseRandom.Phase.Views = []imageprep.View{imageprep.A0, imageprep.A6}
	// edited returns a folder whose checkpoint has a text of its header changed.
	edited := func(change func([]byte) []byte) string {
		data, err := os.ReadFile(filepath.Join(dir, CheckpointFile))
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := os.WriteFile(filepath.Join(out, CheckpointFile), change(data), 0o644); err != nil {
			t.Fatal(err)
		}
		return out
	}
	replaced := func(from, to string) string {
		return edited(func(data []byte) []byte { return []byte(strings.Replace(string(data), from, to, 1)) })
	}
	for _, test := range []struct {
		name string
		run  func() error
		say  string
	}{
		{"other settings", func() error { _, err := trainer(t).Run(context.Background(), dir, other, values); return err },
			"learning rate 0.001, not 0.5"},
		{"other photos", func() error {
			tr := trainer(t)
			tr.Train = noisy{n: 9, classes: 3}
			_, err := tr.Run(context.Background(), dir, s, values)
			return err
		}, "photos"},
		{"one category", func() error {
			tr := trainer(t)
			tr.Classes = tr.Classes[:1]
			_, err := tr.Run(context.Background(), t.TempDir(), s, values)
			return err
		}, "at least two"},
		{"another classifier", func() error {
			tr := trainer(t)
			tr.Classes = append(tr.Classes, "d")
			_, err := tr.Run(context.Background(), t.TempDir(), settings(Full, 1), c.Values)
			return err
		}, "3 categories apart, but the train photos have 4"},
		{"random views", func() error {
			_, err := trainer(t).Run(context.Background(), t.TempDir(), siameseRandom, values)
			return err
		}, "cannot be random"},
		{"damaged photo", func() error {
			tr := trainer(t)
			tr.Train = noisy{n: 14, classes: 3, failing: 7}
			_, err := tr.Run(context.Background(), t.TempDir(), s, values)
			return err
		}, "p7 is damaged"},
		{"truncated", func() error {
			_, err := ReadCheckpoint(edited(func(data []byte) []byte { return data[:len(data)-100] }))
			return err
		}, "cut off"},
		{"newer", func() error { _, err := ReadCheckpoint(replaced(`\"version\":1`, `\"version\":2`)); return err },
			"has the format 2"},
		{"another network", func() error {
			_, err := ReadCheckpoint(replaced(`\"network\":\"mini\"`, `\"network\":\"b0\"  `))
			return err
		}, "not the 864 of EfficientNet-B0"},
		{"no checkpoint", func() error { _, err := ReadCheckpoint(replaced(metadataName, "abc")); return err },
			"no checkpoint of pvs"},
		{"nothing there", func() error { _, err := ReadCheckpoint(t.TempDir()); return err }, "train the run first"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.run(); err == nil || !strings.Contains(err.Error(), test.say) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s", err, test.say)
			}
		})
	}
}

// A checkpoint that cannot be written leaves the one before.
func TestFailedSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := settings(NewTop, 1)
	c, err := trainer(t).Run(context.Background(), dir, s, miniBackbone(t))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	c.Values["stem_conv/kernel"] = c.Values["stem_conv/kernel"][:3] // does not fit its shape
	if err := c.save(dir, c.variablesForTest(t)); err == nil {
		t.Fatal("it was written")
	}
	after, err := os.ReadFile(filepath.Join(dir, CheckpointFile))
	if err != nil || string(before) != string(after) {
		t.Error("the checkpoint before is lost")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func (c *Checkpoint) variablesForTest(t *testing.T) []effnet.Variable {
	t.Helper()
	config, err := effnet.Named(c.Settings.Network)
	if err != nil {
		t.Fatal(err)
	}
	return config.Variables()
}

func TestMonitor(t *testing.T) {
	t.Parallel()
	siameseStep := func(loss, far float64) Step {
		return Step{Rows: 10, LossSum: 10 * loss, Pairs: 10, NegativeSum: 10 * far}
	}
	watch := func(p Phase, n int, step func(i int) Step) (said []string, err error) {
		var m monitor
		for i := range n {
			warning, err := m.observe(p, i, 100, step(i))
			if err != nil {
				return said, err
			}
			if warning != "" {
				said = append(said, warning)
			}
		}
		return said, nil
	}
	for _, c := range []struct {
		name string
		p    Phase
		step func(i int) Step
		say  string
	}{
		{"healthy", phase(SiameseHead), func(i int) Step { return siameseStep(0.5-float64(i)*1e-4, 0.4) }, ""},
		{"untrained, but apart", phase(SiameseHead), func(int) Step { return siameseStep(0.497, 0.3) }, ""},
		{"collapsed", phase(SiameseHead), func(int) Step { return siameseStep(0.499, 0.001) }, "collapse"},
		{"diverging head", phase(SiameseHead), func(i int) Step { return siameseStep(0.3+float64(i)*0.01, 0.3) },
			"diverging"},
		{"falling", phase(Full), func(i int) Step { return Step{Rows: 1, LossSum: 4 / (1 + float64(i))} }, ""},
		{"diverging", phase(Full), func(i int) Step { return Step{Rows: 1, LossSum: 1 + float64(i*i)/1000} }, "diverging"},
	} {
		said, err := watch(c.p, 500, c.step)
		if err != nil || (len(said) > 0) != (c.say != "") || len(said) > 1 || len(said) == 1 && !strings.HasPrefix(said[0],
			c.say) {
			t.Errorf("%s: said %q, %v", c.name, said, err)
		}
	}
	if _, err := watch(phase(Full), 3, func(int) Step { return Step{Rows: 1, LossSum: math.NaN()} }); err == nil ||
		!strings.Contains(err.Error(), "step 1") {
		t.Errorf("got %v", err)
	}
}

// The estimate of memory shrinks a batch to a power of two, never below one image.
func TestFits(t *testing.T) {
	t.Parallel()
	b0, err := effnet.Named("b0")
	if err != nil {
		t.Fatal(err)
	}
	one := imageBytes(b0, 224)
	for memory, want := range map[int64]int{1000 * one: 128, 200 * one: 64, 20 * one: 8, 0: 1} {
		if got := fits(one, 128, 1, memory); got != want {
			t.Errorf("%d images in the memory of %d", got, memory/one)
		}
	}
}

func ExamplePhase() {
	p := Phase{Trains: SiameseHead, Views: []imageprep.View{imageprep.A0, imageprep.A1}, Margin: 0.5, LearningRate: 1e-5,
		Epochs: 2, Batch: 512}
	fmt.Println(p, p.Validate())
	p.Margin = 0
	fmt.Println(p.Validate())
	// Output:
	// siamese head, angular margin 0.5, Adam 1e-5, 2 epochs of batches of 512, A0 A1 <nil>
	// the margin of the triplet loss is 0 and must be above 0
}
