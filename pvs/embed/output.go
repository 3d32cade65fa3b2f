package embed

import (
	"fmt"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// Output says what of a network becomes a photo's vector: one of those below, or the
// name of a block, "block7a", for what enters that block, [h, w, c] row by row.
type Output string

// The outputs, each of which goes on from the one before.
const (
	Features   Output = "features"   // the last convolution, pooled
	Embedding  Output = "embedding"  // after the new top's BatchNorm
	Descriptor Output = "descriptor" // after the Siamese head, of length 1
)

// OutputOf returns the last output that values has weights for: what a search with a
// trained network uses.
func OutputOf(values map[string][]float32) Output {
	switch {
	case values[siamese.Kernel] != nil:
		return Descriptor
	case values[classify.Gamma] != nil:
		return Embedding
	}
	return Features
}

// heads are the parts on top of the pooled features.
type heads struct {
	top     classify.Head
	project siamese.Head
}

// headsOf sizes the heads by their weights; a head without weights has size 0.
func headsOf(c effnet.Config, values map[string][]float32) heads {
	return heads{
		top:     classify.Head{Features: c.Features(), Classes: len(values[classify.Bias])},
		project: siamese.Head{Features: c.Features(), Dim: len(values[siamese.Bias])},
	}
}

// variables lists the weights of the heads that an output needs.
func (h heads) variables(o Output, values map[string][]float32) []effnet.Variable {
	var vs []effnet.Variable
	if o == Embedding || o == Descriptor && values[classify.Gamma] != nil {
		vs = append(vs, h.top.Variables()[:4]...) // the BatchNorm; the classes are not needed
	}
	if o == Descriptor {
		vs = append(vs, h.project.Variables()...)
	}
	return vs
}

// graph builds an output on pooled features.
func (h heads) graph(scope *model.Scope, features *graph.Node, o Output) *graph.Node {
	x := features
	if (o == Embedding || o == Descriptor) && scope.Store().GetVariable("/"+classify.Gamma) != nil {
		x = h.top.Normalize(scope, x)
	}
	if o == Descriptor {
		x = h.project.Graph(scope, x)
	}
	return x
}

// load creates variables with their values.
func load(store *model.Store, variables []effnet.Variable, values map[string][]float32) error {
	for _, v := range variables {
		data := values[v.Name]
		if err := v.Check(data); err != nil {
			return fmt.Errorf("the weight %w", err)
		}
		if _, err := store.CreateVariable("/"+v.Name, tensors.FromFlatDataAndDimensions(data, v.Shape...)); err != nil {
			return fmt.Errorf("creating %s: %w", v.Name, err)
		}
	}
	return nil
}

// block says whether the output is what enters a block.
func (o Output) block() bool { return strings.HasPrefix(string(o), "block") }

// dim returns the length of the output's vectors, or 0 if the network lacks it.
func (o Output) dim(c effnet.Config, h heads, size int) int {
	switch o {
	case Features, Embedding:
		return c.Features()
	case Descriptor:
		return h.project.Dim
	}
	height, width, channels := c.InputOf(string(o), size)
	return height * width * channels
}
