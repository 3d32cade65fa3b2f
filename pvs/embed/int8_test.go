package embed

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// A run in int8 calibrates itself; its vectors are near float32's, and the same at each start.
func TestInt8(t *testing.T) {
	b, _, err := backend.OpenNamed(context.Background(), "onnxruntime:cpu", func(string) {})
	if err != nil {
		t.Skip("ONNX Runtime cannot be had here: ", err)
	}
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	opts := NetworkOptions{Size: 64, Batch: 2}
	onONNX := func(p effnet.Precision) engine.Engine { return chosen(t, engine.Request{Backend: b, Precision: p}) }
	plain, err := New(onONNX(effnet.Float32), c, c.InitialValues(1), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	list := photos(t, 5)
	embedded := func(e Embedder) *vectors.Set {
		name := filepath.Join(t.TempDir(), "v")
		if _, err := Run(context.Background(), e, list, name, RunOptions{}); err != nil {
			t.Fatal(err)
		}
		set, err := vectors.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	quantized := func() *vectors.Set {
		q, err := New(onONNX(effnet.Int8), c, c.InitialValues(1), opts)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		if q.Key() != plain.Key()+" int8" {
			t.Errorf("the key is %q, float32's %q", q.Key(), plain.Key())
		}
		if err := q.Embed(make([]float32, 2*q.InputLen()), 1, make([]float32, q.Dim())); err == nil ||
			!strings.Contains(err.Error(), "calibrated") {
			t.Errorf("embedding without calibration: %v", err)
		}
		return embedded(q)
	}
	want, got := embedded(plain), quantized()
	// Of all photos together: a dark one's small features get the steps of a bright one's.
	var off, length float64
	for i, v := range want.Data {
		off += float64((got.Data[i] - v) * (got.Data[i] - v))
		length += float64(v * v)
	}
	if share := math.Sqrt(off / length); share > 0.25 || share == 0 {
		t.Errorf("int8's vectors are %.3f of their length away from float32's: more than 0.25, or nothing was quantised",
			share)
	} else {
		t.Logf("int8's vectors are %.3f of their length away", share)
	}
	if again := quantized(); !slices.Equal(again.Data, got.Data) {
		t.Error("a second start makes other vectors")
	}
	_, trained := withHeads(t)
	withOutput := func(o Output) *vectors.Set {
		q, err := New(onONNX(effnet.Int8), c, trained, NetworkOptions{Size: 64, Batch: 2, Output: o})
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		return embedded(q)
	}
	projected, err := Project(b, c, trained, withOutput(Features), Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	whole := withOutput("") // the heads of the weights, the last batch half full
	if whole.Dim != projected.Dim || len(whole.Data) != len(projected.Data) {
		t.Fatalf("%d descriptors of %d values, not %d of %d", whole.Len(), whole.Dim, projected.Len(), projected.Dim)
	}
	for i, v := range projected.Data {
		if math.Abs(float64(whole.Data[i]-v)) > 1e-5 {
			t.Fatalf("value %d of the descriptors is %g, projected from the features %g", i, whole.Data[i], v)
		}
	}
	if _, err := New(onONNX(effnet.Int8), c, c.InitialValues(1), NetworkOptions{Size: 64,
		Output: "block7a"}); err == nil || !strings.Contains(err.Error(), "take float32") {
		t.Errorf("a block's input in int8: %v", err)
	}
}
