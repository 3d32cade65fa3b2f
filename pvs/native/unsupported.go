//go:build !cgo || !amd64

package native

import "github.com/gopvs/product-visual-search/pvs/effnet"

// Network cannot be made here.
type Network struct {
	config effnet.Config
	size   int
}

func lanes() int { return 0 }

// New returns an error.
func New(effnet.Config, map[string][]float32, int) (*Network, error) { return nil, errUnsupported }

func (n *Network) run([]float32, int, int, []float32, []float32) {}
