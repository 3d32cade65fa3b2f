package embed

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// withHeads adds both heads to an untrained miniature's weights.
func withHeads(t *testing.T) (effnet.Config, map[string][]float32) {
	t.Helper()
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	values := c.InitialValues(1)
	rng := rand.New(rand.NewPCG(4, 4))
	for name, v := range (classify.Head{Features: c.Features(), Classes: 3}).InitialValues(2) {
		for i := range v {
			v[i] += 0.3 * rng.Float32() // statistics that are not the identity's
		}
		values[name] = v
	}
	for name, v := range (siamese.Head{Features: c.Features(), Dim: 24}).InitialValues(3) {
		values[name] = v
	}
	return c, values
}

// The outputs of heads on vectors that were computed before are the whole network's.
func TestProject(t *testing.T) {
	c, values := withHeads(t)
	b := goBackend(t)
	embedAll := func(o Output) *vectors.Set {
		n, err := New(fastest(t), c, values, NetworkOptions{Size: 32, Batch: 3, Output: o})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		inputs, rng := make([]float32, 3*n.InputLen()), rand.New(rand.NewPCG(1, 1))
		for i := range inputs {
			inputs[i] = float32(rng.IntN(256))
		}
		set := &vectors.Set{IDs: []string{"a", "b", "c"}, Dim: n.Dim(), Data: make([]float32, 3*n.Dim())}
		if err := n.Embed(inputs, 3, set.Data); err != nil {
			t.Fatal(err)
		}
		return set
	}
	features := embedAll(Features)
	for _, o := range []Output{Features, Embedding, Descriptor, ""} {
		want := embedAll(o)
		if o == "" {
			o = OutputOf(values)
		}
		got, err := Project(b, c, values, features, o)
		if err != nil || got.Dim != want.Dim {
			t.Fatalf("%s: %v", o, err)
		}
		for i := range want.Data {
			if math.Abs(float64(got.Data[i]-want.Data[i])) > 1e-4 {
				t.Fatalf("%s: value %d is %g, want %g", o, i, got.Data[i], want.Data[i])
			}
		}
	}
	h, w, channels := c.InputOf("block7a", 32)
	if d := embedAll("block7a").Dim; d != h*w*channels || d == 0 {
		t.Errorf("what enters block7a has %d values", d)
	}
	if _, err := Project(b, c, values, &vectors.Set{IDs: []string{"a"}, Dim: 2, Data: make([]float32, 2)},
		Descriptor); err == nil || !strings.Contains(err.Error(), "dimension 2") {
		t.Errorf("got %v", err)
	}
	if _, err := New(fastest(t), c, values, NetworkOptions{Size: 32, Output: "block9z"}); err == nil ||
		!strings.Contains(err.Error(), "block9z") {
		t.Errorf("got %v", err)
	}
}

// A digest changes with the weights that an output depends on, and with no other.
func TestDigest(t *testing.T) {
	c, values := withHeads(t)
	outputs := []Output{"block7a", Features, Embedding, Descriptor}
	prints := func() (all []string) {
		for _, o := range outputs {
			all = append(all, Digest(c, values, o))
		}
		return all
	}
	before := prints()
	for _, change := range []struct {
		weight string
		from   int // the first output that depends on it
	}{{"stem_conv/kernel", 0}, {"block7a_dwconv/depthwise_kernel", 1}, {classify.Beta, 2}, {siamese.Kernel, 3},
		{classify.Kernel, 4}} {
		old := values[change.weight][0]
		values[change.weight][0]++
		for i, p := range prints() {
			if changed := p != before[i]; changed != (i >= change.from) {
				t.Errorf("with another %s the digest of %s changes: %t", change.weight, outputs[i], changed)
			}
		}
		values[change.weight][0] = old
	}
	values[effnet.PoolExponent] = []float32{3}
	for i, p := range prints() {
		if changed := p != before[i]; changed != (i >= 1) {
			t.Errorf("with an exponent of pooling the digest of %s changes: %t", outputs[i], changed)
		}
	}
}
