package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// tripletAllowed is for losses and for each value of a gradient.
const tripletAllowed = 1e-5

// tripletChecks compares losses and gradients, keys triplet_B.METRIC.MARGIN.loss and
// .grad of the embeddings triplet_B.emb with triplet_B.labels.
func tripletChecks(b compute.Backend, ref map[string]weights.Tensor) ([]Check, error) {
	var checks []Check
	for _, key := range slices.Sorted(maps.Keys(ref)) {
		name, ok := strings.CutSuffix(key, ".loss")
		if !ok || !strings.HasPrefix(name, "triplet_") {
			continue
		}
		batch, rest, _ := strings.Cut(name, ".")
		metricName, marginText, _ := strings.Cut(rest, ".")
		metric, err := siamese.ParseMetric(metricName)
		if err != nil {
			return nil, err
		}
		margin, err := strconv.ParseFloat(marginText, 64)
		if err != nil {
			return nil, fmt.Errorf("the reference's key %s has no margin", key)
		}
		embeddings, labels := ref[batch+".emb"], ref[batch+".labels"]
		if len(embeddings.Shape) != 2 || len(labels.Data) != embeddings.Shape[0] {
			return nil, errShape
		}
		loss, gradient, err := triplet(b, embeddings, labels, metric, margin)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		worstLoss, _ := difference(loss, ref[key].Data)
		worstGradient, _ := difference(gradient, ref[name+".grad"].Data)
		checks = append(checks, Check{name + " loss", worstLoss, tripletAllowed}, Check{name + " gradient", worstGradient,
			tripletAllowed})
	}
	return checks, nil
}

// triplet computes a loss and its gradient.
func triplet(b compute.Backend, embeddings, labels weights.Tensor, metric siamese.Metric,
	margin float64) (loss, gradient []float32, err error) {
	exec, err := graph.NewExec(b, func(e, l *graph.Node) (*graph.Node, *graph.Node) {
		value := siamese.TripletLoss(e, l, metric, margin).Value
		return value, graph.Gradient(value, e)[0]
	})
	if err != nil {
		return nil, nil, err
	}
	classes := whole(labels.Data)
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(embeddings.Data, embeddings.Shape...),
		tensors.FromFlatDataAndDimensions(classes, len(classes)))
	if err != nil {
		return nil, nil, err
	}
	return tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1]), nil
}
