package losses

import (
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
)

// XLA computes the same, value and gradients, where it is installed.
func TestXLA(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles each loss for some seconds")
	}
	xla, _, err := backend.OpenNamed(t.Context(), "xla:cpu", func(string) {})
	if err != nil {
		t.Skip(err)
	}
	margin := newMargin(t, MarginOptions{Classes: 4, SubCentres: 3, LabelSmoothing: 0.1})
	s := random(3, 11, 4, 4, 3)
	compare(t, "ArcFace", run(t, xla, margin, s), s, plainMargin(margin.Options()))
	anchor := newProxyAnchor(t, ProxyAnchorOptions{Classes: 4})
	s = random(4, 11, 4, 4, 1)
	compare(t, "Proxy-Anchor", run(t, xla, anchor, s), s, plainProxyAnchor(anchor.Options()))
	bce := newMultiLabel(t, MultiLabelOptions{Classes: 6, Kind: MultiBCE})
	s = words()
	compare(t, "BCE", run(t, xla, bce, s), s, plainMultiLabel(bce.Options()))

	want := map[string]plain{
		"SupCon":           plainSupCon(0.1),
		"multi-similarity": plainMultiSimilarity(newMultiSimilarity(t, MultiSimilarityOptions{}).Options()),
		"batch-hard":       plainBatchHard(newBatchHard(t, BatchHardOptions{}).Options()),
	}
	for name, loss := range pairLosses(t) {
		if want[name] != nil {
			s := random(5, 7, 4, 4, 0).remember(5, 9, 4)
			compare(t, name, run(t, xla, loss, s), s, want[name])
		}
	}
}
