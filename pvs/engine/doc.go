// Package engine chooses what computes a network: its graph on a backend, the fused CPU kernels
// (package effnet/cpu), or the int8 model (package effnet/int8).
//
//	b, info, err := backend.Options{}.Open(ctx, backend.Inference, log)
//	e, err := engine.Choose(engine.Request{Backend: b, Name: info.String(), Wish: engine.WishFor(info.Named)})
//	net, err := embed.New(e, config, values, embed.NetworkOptions{})
//
// [Choose] is the only place that decides. Packages embed, finetune, verify and journey are handed
// an [Engine] and compute on it. A Request that says nothing but the backend gets a graph on it.
package engine
