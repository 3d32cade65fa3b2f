package pvs

import (
	"context"
	"fmt"
	"sync"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
)

// start starts what computes the network: on a CPU its fused kernels, else a graph on a
// backend.
func (o NetworkOptions) start(ctx context.Context, m model, log func(string)) (embed.Embedder, func(), error) {
	name := o.Backend
	if name == "" && o.Precision == Int8 {
		name = "onnxruntime:cpu"
	}
	b, info, err := backend.Options{Name: name, Graph: o.Backend != ""}.Open(ctx, backend.Inference, log)
	if err != nil {
		return nil, nil, err
	}
	if o.Precision == Int8 {
		q, err := embed.NewQuantized(b, m.config, m.values, o.embedOptions(m))
		if err != nil {
			b.Finalize()
			return nil, nil, err
		}
		log(fmt.Sprintf("%s runs on %s, in %s", m.config.Title, info, o.Precision))
		return q, func() { q.Close(); b.Finalize() }, nil
	}
	n, err := embed.NewNetwork(b, m.config, m.values, o.embedOptions(m))
	if err != nil {
		b.Finalize()
		return nil, nil, err
	}
	where := info.String()
	if n.Own() {
		where = "the CPU engine"
	}
	log(fmt.Sprintf("%s runs on %s, in %s", m.config.Title, where, o.Precision))
	return n, func() { n.Close(); b.Finalize() }, nil
}

// searchBackend is a backend for searches that are large enough for one: started once, it
// stays for the life of the program, as vectors outlive their network.
type searchBackend struct {
	mu      sync.Mutex
	backend compute.Backend
	log     func(string)
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
