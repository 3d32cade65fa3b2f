package verify

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// networkChecks loads every weights file and compares the network on every backend.
func networkChecks(ctx context.Context, dir string, files []string, opts Options) ([]Check, error) {
	names, log := opts.Backends, opts.Log
	ref, err := weights.Read(filepath.Join(dir, "keras_reference.safetensors"))
	if err != nil {
		return nil, err
	}
	var checks []Check
	var first *weights.Weights
	for i, file := range files {
		f, err := weights.Read(file)
		if err != nil {
			return nil, err
		}
		config, err := weights.Identify(f)
		if err != nil {
			return nil, err
		}
		w, err := f.For(config)
		if err != nil {
			return nil, err
		}
		label := filepath.Base(file)
		log(fmt.Sprintf("%s holds the weights of %s under the names of %s", label, config.Title, w.Scheme))
		if first == nil {
			first = w
		} else {
			checks = append(checks, sameWeights(label+" against "+filepath.Base(files[0]), w, first))
		}
		graphs, err := open(ctx, opts, config)
		if err != nil {
			return nil, err
		}
		sorted := slices.Sorted(maps.Keys(graphs))
		_, err = inFused(graphs[sorted[0]])
		hasFused := err == nil && len(names) == 0
		if hasFused {
			log(fmt.Sprintf("running %s in the fused CPU kernels", config.Title))
			more, err := fusedChecks(config, w, ref.Tensors)
			if err != nil {
				return nil, fmt.Errorf("%s in the fused CPU kernels: %w", label, err)
			}
			checks = append(checks, named("cpu "+filepath.Ext(label), more)...)
		}
		for _, name := range sorted {
			log(fmt.Sprintf("running %s on %s", config.Title, name))
			more, err := forward(graphs[name], config, w, ref.Tensors)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", label, name, err)
			}
			checks = append(checks, named(name+" "+filepath.Ext(label), more)...)
			b := graphs[name].Backend
			if i > 0 || b.Name() == onnxBackend {
				continue // the files hold the same weights, and gradients are for backends that train
			}
			losses, err := tripletChecks(b, ref.Tensors)
			if err != nil {
				return nil, fmt.Errorf("on %s: %w", name, err)
			}
			log(fmt.Sprintf("training %s on %s", config.Title, name))
			trace, err := traceChecks(graphs[name], config, w, dir, ref.Tensors)
			if err != nil {
				return nil, fmt.Errorf("on %s: %w", name, err)
			}
			checks = append(checks, named(name, append(losses, trace...))...)
		}
		if e, ok := graphs[xlaBackend]; i == 0 && ok && hasFused && opts.Usual == "" {
			log(fmt.Sprintf("training %s in the fused CPU kernels", config.Title))
			fused, err := inFused(e)
			if err != nil {
				return nil, err
			}
			trace, err := traceChecks(fused, config, w, dir, ref.Tensors)
			if err != nil {
				return nil, fmt.Errorf("in the fused CPU kernels: %w", err)
			}
			checks = append(checks, named("cpu", trace)...)
		}
	}
	return checks, nil
}

// inFused is the fused CPU kernels, with a graph's backend for heads.
func inFused(graph engine.Engine) (engine.Engine, error) {
	return graph.Again(func(r *engine.Request) { r.Wish = engine.Fused })
}

// named puts what was checked before each check's name.
func named(what string, checks []Check) []Check {
	for i := range checks {
		checks[i].Name = what + " " + checks[i].Name
	}
	return checks
}

// sameWeights compares two files exactly.
func sameWeights(name string, a, b *weights.Weights) Check {
	worst := 0.0
	for key, values := range b.Values {
		d, _ := difference(a.Values[key], values)
		if d > worst || d != d {
			worst = d
		}
	}
	return Check{name, worst, exact}
}

// xlaBackend trains, on a machine without an accelerator.
const xlaBackend = "xla:cpu"

// smallNetwork is up to how many features the pure-Go backend is tried without being named.
const smallNetwork = 640

// open starts the named backends, or all that can be had, and runs graphs on them.
func open(ctx context.Context, opts Options, config effnet.Config) (map[string]engine.Engine, error) {
	names, log := opts.Backends, opts.Log
	asked := len(names) > 0
	if !asked {
		names = []string{xlaBackend, "onnxruntime:cpu"}
		if opts.Usual != "" {
			names = []string{opts.Usual}
		}
		if config.Features() <= smallNetwork {
			names = append(names, "go")
		}
	}
	out := map[string]engine.Engine{}
	for _, name := range names {
		b, _, err := backend.OpenNamed(ctx, name, log)
		if err != nil {
			if asked {
				return nil, err
			}
			log(fmt.Sprintf("not compared on %s: %v", name, err))
			continue
		}
		if out[name], err = engine.Choose(engine.Request{Backend: b}); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("none of the backends %s can be had", strings.Join(names, ", "))
	}
	return out, nil
}

// forward compares pooled features at both sizes and all inner activations.
func forward(e engine.Engine, config effnet.Config, w *weights.Weights,
	ref map[string]weights.Tensor) ([]Check, error) {
	store := model.NewStore()
	if err := config.Load(store.RootScope(), w.Values); err != nil {
		return nil, err
	}
	store.WithVariableAsConst(true)
	how := effnet.Options{Formulation: e.Formulation}
	var inner []string
	for key := range ref {
		if layer, ok := strings.CutPrefix(key, "act."); ok {
			inner = append(inner, layer)
		}
	}
	slices.Sort(inner)
	var unknown error
	exec, err := model.NewExec(e.Backend, store, func(scope *model.Scope, images *graph.Node) []*graph.Node {
		out := config.Graph(scope, images, how)
		nodes := []*graph.Node{out.Features}
		for _, layer := range inner {
			node, ok := out.Layers[layer]
			if !ok {
				unknown = fmt.Errorf("the reference has values of a layer %s, which %s lacks", layer, config.Title)
				return nodes
			}
			nodes = append(nodes, node)
		}
		return nodes
	})
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, batch := range []struct{ images, pooled string }{{"images", "pooled"}, {"images_224", "pooled_224"}} {
		images, ok := ref[batch.images]
		if !ok {
			continue
		}
		if len(images.Shape) != 4 {
			return nil, errShape
		}
		out, err := exec.Exec(tensors.FromFlatDataAndDimensions(images.Data, images.Shape...))
		if unknown != nil {
			return nil, unknown
		}
		if err != nil {
			return nil, err
		}
		checks = append(checks, relative(batch.pooled, tensors.MustCopyFlatData[float32](out[0]), ref[batch.pooled].Data))
		if batch.images != "images" {
			continue
		}
		for i, layer := range inner {
			want := ref["act."+layer].Data // of the first images only
			got := tensors.MustCopyFlatData[float32](out[i+1])
			checks = append(checks, relative(layer, got[:min(len(got), len(want))], want))
		}
	}
	return checks, nil
}

// onnxBackend is the name that GoMLX's ONNX Runtime backend gives itself; it is used for
// inference only.
const onnxBackend = "onnxruntime"
