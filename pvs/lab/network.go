package lab

import (
	"context"

	"github.com/gomlx/compute"
	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// ImageNet returns the best network that can be had with its ImageNet weights: run 0 of
// the journey.
func ImageNet(ctx context.Context) (effnet.Config, map[string][]float32) {
	config, path, err := weights.Find(ctx, "", "", Log())
	must.M(err)
	return config, must.M1(weights.Load(path, config)).Values
}

// Backend starts the backend for a use.
func Backend(ctx context.Context, use backend.Use) compute.Backend {
	b, _, err := backend.Open(ctx, use, Log())
	must.M(err)
	return b
}

// Engine chooses what computes networks for a use, in float32.
func Engine(ctx context.Context, use backend.Use) engine.Engine {
	b, info, err := backend.Open(ctx, use, Log())
	must.M(err)
	return must.M1(engine.Choose(engine.Request{Backend: b, Name: info.String(), Wish: engine.WishFor(info.Named),
		Training: use == backend.Training}))
}

// Network returns a network with weights, ready to embed photos as squares of size
// pixels (0: what the ImageNet weights were trained on).
func Network(ctx context.Context, config effnet.Config, values map[string][]float32, size int) *embed.Network {
	return must.M1(embed.New(Engine(ctx, backend.Inference), config, values, embed.NetworkOptions{Size: size}))
}
