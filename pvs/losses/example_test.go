package losses_test

import (
	"fmt"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/losses"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// Six embeddings of two classes, and one without a label, learn to be near their classes' weights.
func Example() {
	loss, err := losses.NewMargin(losses.MarginOptions{Kind: losses.CosFace, Classes: 2, Scale: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	labels := []int32{0, 1, 0, 1, 0, 1, -1}
	shape := loss.ClassWeights(2)
	weights := optimize.Tensors{
		"embeddings": {1, 0, 1, 0.1, 0, 1, 0.1, 1, 1, 1, -1, 0, 1, 1},
		"classes":    losses.InitialClassWeights(shape, 1),
	}
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	step, err := graph.NewExec(backend, func(embeddings, labels, classes *graph.Node) []*graph.Node {
		mean := loss.Graph(losses.Input{Embeddings: embeddings, Labels: labels, ClassWeights: classes}).Mean()
		return append([]*graph.Node{mean}, graph.Gradient(mean, embeddings, classes)...)
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	adam, err := optimize.NewAdamW(weights, optimize.Options{},
		optimize.Group{Names: []string{"embeddings", "classes"}, LearningRate: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 101 {
		out, err := step.Call(tensors.FromFlatDataAndDimensions(weights["embeddings"], 7, 2),
			tensors.FromFlatDataAndDimensions(labels, 7), tensors.FromFlatDataAndDimensions(weights["classes"], shape...))
		if err != nil {
			fmt.Println(err)
			return
		}
		if i%50 == 0 {
			fmt.Printf("step %d: loss %.1f\n", i, out[0].Value())
		}
		gradients := optimize.Tensors{
			"embeddings": tensors.MustCopyFlatData[float32](out[1]), "classes": tensors.MustCopyFlatData[float32](out[2]),
		}
		if err := adam.Step(gradients, 1); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Printf("the row without a label stays at %.1f\n", weights["embeddings"][12:])
	// Output:
	// step 0: loss 2.6
	// step 50: loss 0.0
	// step 100: loss 0.0
	// the row without a label stays at [1.0 1.0]
}
