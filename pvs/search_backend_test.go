package pvs

import (
	"strings"
	"testing"
)

// With Backend "go" nothing is installed: a search that is large enough for XLA runs in plain Go, too.
func TestGoSearchesInPlainGo(t *testing.T) {
	var said []string
	log := func(line string) { said = append(said, line) }
	for _, name := range []string{"go", "go:"} {
		n, err := OpenNetwork(t.Context(), NetworkOptions{Weights: "effnet/testdata/keras_efficientnet_mini_notop.h5",
			Backend: name})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if n.search != nil {
			n.search.log = log
		}
		v, err := n.Embed(t.Context(), Files("testdata/photos/hat/0.jpg"), EmbedOptions{})
		if err != nil {
			t.Fatal(err)
		}
		index, err := v.index(t.Context(), 1<<40) // so many queries
		if err != nil || index == nil || index != v.plain || v.large != nil {
			t.Errorf("backend %q: a large search starts a backend (%v); %s", name, err, strings.Join(said, "; "))
		}
	}
	for _, name := range []string{"", "xla:cpu", "onnxruntime:cpu"} {
		if (NetworkOptions{Backend: name}).searchBackend(log) == nil {
			t.Errorf("backend %q: large searches are in plain Go", name)
		}
	}
}
