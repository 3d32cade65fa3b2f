package finetune

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Keras's defaults (keras/optimizers/adam.py).
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-7
)

// moments are the names of what the optimizer keeps for a weight.
func moments(name string) [2]string { return [2]string{"adam_m/" + name, "adam_v/" + name} }

// adam takes one step of Keras's Adam (Kingma & Ba 2015, the form before section 2.1's
// last paragraph: epsilon is added to the uncorrected root, the rate carries both
// corrections). GoMLX's corrects the moments instead, which gives epsilon another weight.
func adam(store *model.Store, name string, gradient, rate *graph.Node) {
	variable := func(path string) *model.Variable { return store.GetVariable("/" + path) }
	kept := moments(name)
	mv, vv, w := variable(kept[0]), variable(kept[1]), variable(name)
	m, v := mv.NodeValue(gradient), vv.NodeValue(gradient)
	m = graph.Add(m, graph.MulScalar(graph.Sub(gradient, m), 1-beta1))
	v = graph.Add(v, graph.MulScalar(graph.Sub(graph.Square(gradient), v), 1-beta2))
	mv.SetNodeValue(m)
	vv.SetNodeValue(v)
	change := graph.Div(graph.Mul(m, rate), graph.AddScalar(graph.Sqrt(v), epsilon))
	w.SetNodeValue(graph.Sub(w.NodeValue(gradient), change))
}
