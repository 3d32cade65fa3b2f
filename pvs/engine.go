package pvs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// start reads the weights that the options name, starts the network on the engine that is chosen for it, and says
// which.
func (o NetworkOptions) start(ctx context.Context, log func(string)) (embed.Embedder, func(), error) {
	if o.ONNX != "" {
		return o.onnx(ctx, log)
	}
	if o.Normalise != "" || o.Output != "" {
		return nil, nil, errors.New("a normalisation and an output are of a network in an ONNX file: name it by ONNX")
	}
	m, err := o.load(ctx, log)
	if err != nil {
		return nil, nil, err
	}
	name := o.Backend
	if name == "" && o.Precision == Int8 {
		name = "onnxruntime:cpu"
	}
	use := backend.Inference
	if o.Precision == BFloat16 {
		use = backend.Training // XLA, on a CPU too: ONNX Runtime has no bfloat16
	}
	b, info, err := backend.Options{Name: name}.Open(ctx, use, log)
	if err != nil {
		return nil, nil, err
	}
	n, err := o.startOn(b, info, m, log)
	if err != nil {
		b.Finalize()
		return nil, nil, err
	}
	return n, func() { n.Close(); b.Finalize() }, nil
}

func (o NetworkOptions) startOn(b compute.Backend, info backend.Info, m model,
	log func(string)) (*embed.Network, error) {
	e, err := engine.Choose(engine.Request{Backend: b, Name: info.String(), Wish: engine.WishFor(o.Backend != ""),
		Precision: o.Precision})
	if err != nil {
		return nil, err
	}
	log(fmt.Sprintf("%s runs on %s", m.config.Title, e.Describe()))
	return embed.New(e, m.config, m.values, o.embedOptions(m))
}

// searchBackend is a backend for searches that are large enough for one: started once, it
// stays for the life of the program, as vectors outlive their network.
type searchBackend struct {
	mu      sync.Mutex
	backend compute.Backend
	log     func(string)
}

// searchBackend returns the backend of large searches, which is started at the first; nil where
// Backend is plain Go: then searches are, too.
func (o NetworkOptions) searchBackend(log func(string)) *searchBackend {
	if kind, _, _ := strings.Cut(o.Backend, ":"); kind == "go" {
		return nil
	}
	return &searchBackend{log: log}
}

// open starts it, if need be.
func (s *searchBackend) open(ctx context.Context) (compute.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.backend != nil {
		return s.backend, nil
	}
	b, info, err := backend.Options{}.Open(ctx, backend.Training, s.log)
	if err != nil {
		return nil, err
	}
	s.log(fmt.Sprintf("large searches run on %s", info))
	s.backend = b
	return b, nil
}
