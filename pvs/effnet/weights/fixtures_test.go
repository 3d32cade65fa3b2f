package weights

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// shared returns a file of the folder that lies beside the project here and there.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("PVS_SHARED")
	if root == "" {
		root = "../../../../shared"
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here; PVS_SHARED names the folder of reference values", filepath.Join(parts...))
	}
	return path
}

func named(t *testing.T, name string) effnet.Config {
	t.Helper()
	c, err := effnet.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKerasMini(t *testing.T) {
	w, err := Load("../testdata/keras_efficientnet_mini_notop.h5", named(t, "mini"))
	if err != nil {
		t.Fatal(err)
	}
	if w.Scheme != "Keras" || w.Top != nil {
		t.Errorf("scheme %s, top %v", w.Scheme, w.Top)
	}
	for name, values := range w.Values {
		zero := true
		for _, v := range values {
			zero = zero && v == 0
		}
		if zero {
			t.Errorf("%s is all zeros", name)
		}
	}
}

// testdata/keras3_mini.weights.h5 is what Keras 3 saves of the same network.
func TestKeras3Layout(t *testing.T) {
	old, err := Load("../testdata/keras_efficientnet_mini_notop.h5", named(t, "mini"))
	if err != nil {
		t.Fatal(err)
	}
	new, err := Load("testdata/keras3_mini.weights.h5", named(t, "mini"))
	if err != nil {
		t.Fatal(err)
	}
	if new.Scheme != "Keras 3" {
		t.Errorf("scheme %s", new.Scheme)
	}
	for name, values := range old.Values {
		if !equal(values, new.Values[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

// Paths that Keras 2.15 and 3.15 were seen to write for networks that are not the
// first of a process, are nested in another, or were trained.
func TestKerasLayouts(t *testing.T) {
	mini := named(t, "mini")
	f, err := Read("../testdata/keras_efficientnet_mini_notop.h5")
	if err != nil {
		t.Fatal(err)
	}
	one := Tensor{Shape: []int{1}, Data: []float32{1}}
	for _, c := range []struct {
		name   string
		rename func(layer, weight string) string
		extra  []string
	}{
		{"second network", func(l, w string) string { return l + "/" + l + "/" + w + ":0" },
			[]string{"normalization_1/normalization_1/mean:0", "normalization_1/normalization_1/count:0"}},
		{"whole model", func(l, w string) string { return "model_weights/" + l + "/" + l + "/" + w },
			[]string{"model_weights/normalization_2/normalization_2/variance"}},
		{"nested", func(l, w string) string { return "model_weights/mini/" + l + "/" + w + ":0" },
			[]string{"model_weights/mini/normalization_3/mean:0"}},
		{"trained by Keras 2", func(l, w string) string { return "model_weights/" + l + "/" + l + "/" + w + ":0" },
			[]string{"optimizer_weights/Adam/m/stem_conv/kernel:0", "optimizer_weights/Adam/v/stem_conv/kernel:0",
				"optimizer_weights/iteration:0"}},
		{"trained by Keras 3", func(l, w string) string { return "model_weights/" + l + "/" + l + "/" + w },
			[]string{"optimizer_weights/adam/stem_conv_kernel_momentum", "optimizer_weights/adam/stem_conv_kernel_velocity"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &File{Path: "made.h5", Format: f.Format, Tensors: map[string]Tensor{}}
			for path, tensor := range f.Tensors {
				m := kerasPath.FindStringSubmatch(path)
				if m[1] != "normalization" {
					g.Tensors[c.rename(m[1], m[2])] = tensor
				}
			}
			for _, path := range c.extra {
				g.Tensors[path] = one
			}
			w, err := g.For(mini)
			if err != nil {
				t.Fatal(err)
			}
			want, err := f.For(mini)
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range want.Values {
				if !equal(values, w.Values[name]) {
					t.Errorf("%s differs", name)
				}
			}
		})
	}
}

func TestKerasName(t *testing.T) {
	for path, want := range map[string]string{
		"stem_conv/stem_conv/kernel:0":                                "stem_conv/kernel",
		"model_weights/block1a_dwconv/block1a_dwconv/kernel":          "block1a_dwconv/depthwise_kernel",
		"efficientnetb0/block1a_dwconv/depthwise_kernel:0":            "block1a_dwconv/depthwise_kernel",
		"model_weights/efficientnetb0/efficientnetb0/stem_bn/gamma:0": "stem_bn/gamma",
		"layers/functional/layers/conv2d_3/vars/0":                    "layers/conv2d_3/vars/0",
	} {
		if got := kerasName(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// The two files of fixtures/b0 hold the same values under two schemes and layouts.
func TestKerasAndTimmAgree(t *testing.T) {
	b0 := named(t, "b0")
	keras, err := Load(shared(t, "fixtures", "b0", "keras_efficientnetb0_notop.h5"), b0)
	if err != nil {
		t.Fatal(err)
	}
	timm, err := Load(shared(t, "fixtures", "b0", "timm_tf_efficientnet_b0.safetensors"), b0)
	if err != nil {
		t.Fatal(err)
	}
	if timm.Scheme != "timm" || keras.Scheme != "Keras" {
		t.Errorf("schemes %s and %s", timm.Scheme, keras.Scheme)
	}
	for name, values := range keras.Values {
		for i, v := range values {
			if math.Float32bits(v) != math.Float32bits(timm.Values[name][i]) {
				t.Fatalf("%s[%d]: Keras has %g, timm %g", name, i, v, timm.Values[name][i])
			}
		}
	}
}

func TestWrongNetworkIsNamed(t *testing.T) {
	_, err := Load("../testdata/keras_efficientnet_mini_notop.h5", named(t, "b0"))
	if err == nil || !strings.Contains(err.Error(), "looks like EfficientNet-Mini: name that variant (mini)") {
		t.Errorf("got %v, want the variant named", err)
	}
}

// A network that is no named variant is found by its widths and depth; one that is a
// part of it is not taken for it.
func TestIdentify(t *testing.T) {
	for _, c := range []effnet.Config{{Width: 0.5, Depth: 0.6}, {Width: 0.35, Depth: 1.4},
		{Width: 0.5, Depth: 1, Lite: true}} {
		f := &File{Path: "made", Format: "safetensors", Tensors: map[string]Tensor{}}
		for _, v := range c.Variables() {
			f.Tensors[v.Name] = Tensor{Shape: v.Shape, Data: make([]float32, v.Size())}
		}
		got, err := Identify(f)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(got.Variables()) != len(c.Variables()) || got.Features() != c.Features() || got.Lite != c.Lite {
			t.Errorf("found %s for width %g, depth %g, lite %t", got.Title, c.Width, c.Depth, c.Lite)
		}
		if _, err := f.For(got); err != nil {
			t.Error(err)
		}
	}
}
