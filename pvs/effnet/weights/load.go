package weights

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Weights are a network's values under effnet's names and in its layouts.
type Weights struct {
	Values map[string][]float32 // one entry for each of Config.Variables()
	Top    *Top                 // the ImageNet classifier; nil if the file has none
	Scheme string               // whose names the file uses: "Keras", "timm", "EfficientNet-PyTorch"
	Notes  []string             // which of several parts of the file was taken
}

// Top is a classifier: a Dense layer over the pooled features.
type Top struct {
	Kernel  []float32 // [features, classes]
	Bias    []float32 // [classes]
	Classes int
}

// Load reads a weights file for a network. Weights that are missing, left over,
// of another shape or not finite are one error that lists them.
func Load(path string, c effnet.Config) (*Weights, error) {
	f, err := Read(path)
	if err != nil {
		return nil, err
	}
	return f.For(c)
}

// For returns the file's tensors under a network's names and in its layouts. Its errors are those of [Load].
func (f *File) For(c effnet.Config) (*Weights, error) {
	tensors, notes, err := f.network()
	if err != nil {
		return nil, err
	}
	best := bestScheme(tensors, c)
	names := best.of(c)
	w := &Weights{Values: map[string][]float32{}, Scheme: best.name, Notes: append(slices.Clone(f.Notes), notes...)}
	var problems []string
	used := map[string]bool{names[topKernel]: true, names[topBias]: true}
	for _, v := range c.Variables() {
		name := names[v.Name]
		used[name] = true
		t, ok := tensors[name]
		if !ok {
			problems = append(problems, name+" is missing")
			continue
		}
		data, err := toKerasLayout(t, v.Shape, best.torch)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s %v", name, err))
			continue
		}
		w.Values[v.Name] = data
	}
	for name := range tensors {
		if !used[name] && !best.ignore(name) {
			problems = append(problems, name+" has no place in the network")
		}
	}
	if len(problems) > 0 {
		return nil, f.mismatch(c, tensors, problems)
	}
	top, err := loadTop(tensors, names, c, best.torch)
	if err != nil {
		return nil, fmt.Errorf("weights file %s: %w", filepath.Base(f.Path), err)
	}
	w.Top = top
	return w, nil
}

// bestScheme is the one that finds most of the network's names.
func bestScheme(tensors map[string]Tensor, c effnet.Config) scheme {
	best, most := schemes[0], -1
	for _, s := range schemes {
		found := 0
		for _, name := range s.of(c) {
			if _, ok := tensors[name]; ok {
				found++
			}
		}
		if found > most {
			best, most = s, found
		}
	}
	return best
}

// mismatch says in one sentence what does not fit, and what the file may be instead.
func (f *File) mismatch(c effnet.Config, tensors map[string]Tensor, problems []string) error {
	slices.Sort(problems)
	count := len(problems)
	if count > 5 {
		problems = append(problems[:5], "...")
	}
	hint := "is it a file of another network?"
	if _, ok := f.Metadata["pvs"]; ok {
		hint = "it is a checkpoint of pvs, which is no file of weights to start from"
	}
	for _, name := range effnet.Names() {
		other, err := effnet.Named(name)
		if err == nil && name != c.Name && fits(tensors, other) {
			hint = fmt.Sprintf("it looks like %s: name that variant (%s) instead", other.Title, name)
			break
		}
	}
	return fmt.Errorf("weights file %s does not fit %s in %d places (%s); %s",
		filepath.Base(f.Path), c.Title, count, strings.Join(problems, "; "), hint)
}

// fits says whether the tensors are a network's weights by names and sizes: none is missing and none is left over.
func fits(tensors map[string]Tensor, c effnet.Config) bool {
	best := bestScheme(tensors, c)
	names := best.of(c)
	used := map[string]bool{names[topKernel]: true, names[topBias]: true}
	for _, v := range c.Variables() {
		if t, ok := tensors[names[v.Name]]; !ok || len(t.Data) != v.Size() {
			return false
		}
		used[names[v.Name]] = true
	}
	for name := range tensors {
		if !used[name] && !best.ignore(name) {
			return false
		}
	}
	return true
}

// toKerasLayout brings a tensor to Keras's layout and checks shape and values.
func toKerasLayout(t Tensor, want []int, torch bool) ([]float32, error) {
	if torch {
		t = fromTorch(t, want)
	}
	if !slices.Equal(t.Shape, want) {
		return nil, fmt.Errorf("has the shape %v, not %v", t.Shape, want)
	}
	for _, x := range t.Data {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fmt.Errorf("holds %g", x)
		}
	}
	return t.Data, nil
}

// fromTorch transposes [out, in, h, w] to [h, w, in, out], a depthwise kernel
// [c, 1, h, w] to [h, w, c, 1] and a dense kernel [out, in] to [in, out].
func fromTorch(t Tensor, want []int) Tensor {
	switch {
	case len(t.Shape) == 4 && len(want) == 4:
		order := []int{2, 3, 1, 0}
		if want[3] == 1 && t.Shape[1] == 1 {
			order = []int{2, 3, 0, 1}
		}
		return t.transpose(order)
	case len(t.Shape) == 2 && len(want) == 2:
		return t.transpose([]int{1, 0})
	}
	return t
}

// transpose permutes the axes: axis i of the result is axis order[i] of t.
func (t Tensor) transpose(order []int) Tensor {
	strides := make([]int, len(t.Shape))
	stride := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		strides[i] = stride
		stride *= t.Shape[i]
	}
	out := Tensor{Shape: make([]int, len(order)), Data: make([]float32, len(t.Data))}
	for i, o := range order {
		out.Shape[i] = t.Shape[o]
	}
	index := make([]int, len(order))
	for k := range out.Data {
		at := 0
		for i, x := range index {
			at += x * strides[order[i]]
		}
		out.Data[k] = t.Data[at]
		for i := len(index) - 1; i >= 0; i-- {
			if index[i]++; index[i] < out.Shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return out
}

// loadTop reads the classifier, if the file has one.
func loadTop(tensors map[string]Tensor, names map[string]string, c effnet.Config, torch bool) (*Top, error) {
	kernel, ok := tensors[names[topKernel]]
	if !ok {
		return nil, nil
	}
	bias, ok := tensors[names[topBias]]
	if !ok || len(bias.Shape) != 1 {
		return nil, fmt.Errorf("the classifier has no bias %s", names[topBias])
	}
	classes := bias.Shape[0]
	data, err := toKerasLayout(kernel, []int{c.Features(), classes}, torch)
	if err != nil {
		return nil, fmt.Errorf("the classifier's kernel %s %w", names[topKernel], err)
	}
	if _, err := toKerasLayout(bias, []int{classes}, false); err != nil {
		return nil, fmt.Errorf("the classifier's bias %s %w", names[topBias], err)
	}
	return &Top{Kernel: data, Bias: bias.Data, Classes: classes}, nil
}

// keras renames the arrays of an .h5 file to "layer/weight", and leaves out what
// Keras saves of an optimizer's and metrics' state.
func (f *File) keras() (map[string]Tensor, error) {
	out := map[string]Tensor{}
	for name, t := range f.Tensors {
		if kerasState.MatchString(name) {
			continue
		}
		short := kerasName(name)
		if _, twice := out[short]; twice {
			return nil, fmt.Errorf("weights file %s holds %s twice, under %s and another group", filepath.Base(f.Path), short,
				name)
		}
		out[short] = t
	}
	return out, nil
}
