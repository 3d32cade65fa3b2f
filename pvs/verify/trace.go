package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// The first loss of a phase sees no update yet; Adam amplifies rounding from then on.
const (
	firstLossAllowed = 1e-4 // relative
	laterAllowed     = 1e-2 // relative; of tensors, of the largest absolute value
)

// traceFile records a training in Keras, step by step.
const traceFile = "keras_trace.json"

// tracedPhase is one phase of the record.
type tracedPhase struct {
	Name         string    `json:"-"`
	LearningRate float64   `json:"learning_rate"`
	Losses       []float64 `json:"losses"`
	EvalLoss     *float64  `json:"eval_loss_after"`
	Margin       float64   `json:"margin"`
	Trainable    []string  `json:"trainable"`
}

// phase is what the record's name says: p1_new_top, p2_block7a, p3_whole,
// p5_whole_with_bn, s1_...
func (p tracedPhase) phase(batch int) (finetune.Phase, error) {
	out := finetune.Phase{LearningRate: p.LearningRate, Epochs: 1, Batch: batch, Margin: p.Margin,
		Views: []imageprep.View{imageprep.A0}}
	switch {
	case p.Margin > 0:
		out.Trains, out.Views = finetune.SiameseHead, []imageprep.View{imageprep.A0, imageprep.A1}
	case strings.Contains(p.Name, "new_top"):
		out.Trains = finetune.NewTop
	case strings.Contains(p.Name, "block7a"):
		out.Trains = finetune.FromBlock7a
	case strings.Contains(p.Name, "whole"):
		out.Trains, out.BatchNorm = finetune.Full, strings.Contains(p.Name, "with_bn")
	default:
		return out, fmt.Errorf("%s has a phase %q, which is none that is known", traceFile, p.Name)
	}
	return out, nil
}

// readTrace reads the phases in the file's order.
func readTrace(path string) ([]tracedPhase, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("%s is no JSON object", path)
	}
	var phases []tracedPhase
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p := tracedPhase{Name: fmt.Sprint(name)}
		if err := d.Decode(&p); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(p.Losses) == 0 {
			return nil, fmt.Errorf("%s: the phase %s has no losses", path, p.Name)
		}
		phases = append(phases, p)
	}
	return phases, nil
}

// tracer repeats a recorded training.
type tracer struct {
	engine engine.Engine
	config effnet.Config
	ref    map[string]weights.Tensor
	checks []Check
}

// traceChecks trains as the folder's record did and compares losses, what trains, and
// the network's outputs after each phase. A folder without a record has no checks.
func traceChecks(e engine.Engine, config effnet.Config, w *weights.Weights, dir string,
	ref map[string]weights.Tensor) ([]Check, error) {
	phases, err := readTrace(filepath.Join(dir, traceFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &tracer{engine: e, config: config, ref: ref}
	for _, key := range []string{"images", "labels", "train_images", "train_labels", "pred.kernel", "siamese.kernel"} {
		if _, ok := ref[key]; !ok {
			return nil, fmt.Errorf("there is %s, but keras_reference.safetensors has no %s", traceFile, key)
		}
	}
	if shape := ref["train_images"].Shape; len(shape) != 4 || shape[1] != shape[2] ||
		len(ref["pred.kernel"].Shape) != 2 || len(ref["siamese.kernel"].Shape) != 2 {
		return nil, errShape
	}
	size := ref["train_images"].Shape[1]
	head := classify.Head{Features: config.Features(), Classes: ref["pred.kernel"].Shape[1]}
	values := head.InitialValues(0)
	values[classify.Kernel] = ref["pred.kernel"].Data
	network, err := t.session(w, values, size)
	if err != nil {
		return nil, err
	}
	defer network.Close()
	project := siamese.Head{Features: config.Features(), Dim: ref["siamese.kernel"].Shape[1]}
	projection := project.InitialValues(0)
	projection[siamese.Kernel] = ref["siamese.kernel"].Data
	head2, err := t.session(w, projection, size)
	if err != nil {
		return nil, err
	}
	defer head2.Close()
	for _, p := range phases {
		switch phase, _ := p.phase(1); {
		case e.Kind == engine.FusedCPU && phase.Siamese(): // a graph, which is checked as such
		case phase.Siamese():
			err = t.siamese(head2, p)
		default:
			err = t.classify(network, p, size)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return t.checks, nil
}

// session starts one with the backbone's weights and those of a head.
func (t *tracer) session(w *weights.Weights, head map[string][]float32, size int) (*finetune.Session, error) {
	values := map[string][]float32{}
	for _, v := range t.config.Variables() {
		values[v.Name] = w.Values[v.Name]
	}
	for name, v := range head {
		values[name] = v
	}
	opts := finetune.SessionOptions{Size: size}
	if t.engine.Kind == engine.FusedCPU {
		opts.Inference = t.engine // frozen layers run separately from the kernels that train
	}
	return finetune.NewSession(t.engine, t.config, values, opts)
}

// classify repeats a phase of the classifier.
func (t *tracer) classify(s *finetune.Session, p tracedPhase, size int) error {
	images, labels := t.ref["train_images"].Data, whole(t.ref["train_labels"].Data)
	batch := len(labels) / len(p.Losses)
	phase, err := p.phase(batch)
	if err != nil {
		return err
	}
	if err := s.Begin(phase, finetune.FromImages); err != nil {
		return err
	}
	t.checks = append(t.checks, Check{Name: p.Name + " trained variables",
		Error: float64(missingNames(s.Trainable(), p.Trainable)), Allowed: exact})
	n := 3 * size * size
	for i := range p.Losses {
		step, err := s.Step(finetune.Batch{N: batch, Inputs: images[i*batch*n : (i+1)*batch*n],
			Labels: labels[i*batch : (i+1)*batch]})
		if err != nil {
			return err
		}
		t.loss(p, i, step.Loss())
	}
	evaluation := whole(t.ref["labels"].Data)
	after, err := s.Evaluate(finetune.Batch{N: len(evaluation), Inputs: t.ref["images"].Data, Labels: evaluation})
	if err != nil {
		return err
	}
	if p.EvalLoss != nil {
		t.checks = append(t.checks, Check{p.Name + " loss in inference", math.Abs(after.Loss()-*p.EvalLoss) / *p.EvalLoss,
			laterAllowed})
	}
	values, err := s.Values()
	if err != nil {
		return err
	}
	return t.after(p, values, len(evaluation), size)
}

// after compares the network's outputs and its moving statistics.
func (t *tracer) after(p tracedPhase, values map[string][]float32, rows, size int) error {
	prefix := "after." + p.Name + "."
	n, err := embed.New(t.engine, t.config, values, embed.NetworkOptions{Size: size, Batch: rows})
	if err != nil {
		return err
	}
	defer n.Close()
	embedding := make([]float32, rows*n.Dim())
	if err := n.Embed(slices.Clone(t.ref["images"].Data), rows, embedding); err != nil {
		return err
	}
	t.tensor(prefix+"embedding", embedding)
	t.tensor(prefix+"softmax", softmax(embedding, values[classify.Kernel], values[classify.Bias]))
	for _, v := range t.config.Variables() {
		t.tensor(prefix+strings.ReplaceAll(v.Name, "/", "."), values[v.Name])
	}
	return nil
}

// siamese repeats a phase of the projection on the recorded embeddings.
func (t *tracer) siamese(s *finetune.Session, p tracedPhase) error {
	key := "after.p3_whole.embedding"
	embedding, ok := t.ref[key]
	labels := whole(t.ref["labels"].Data)
	if !ok || len(embedding.Shape) != 2 || embedding.Shape[0] != len(labels) {
		return errShape
	}
	phase, err := p.phase(len(labels))
	if err != nil {
		return err
	}
	if err := s.Begin(phase, finetune.FromFeatures); err != nil {
		return err
	}
	for i := range p.Losses {
		step, err := s.Step(finetune.Batch{N: len(labels), Inputs: embedding.Data, Labels: labels})
		if err != nil {
			return err
		}
		t.loss(p, i, step.Loss())
	}
	values, err := s.Values()
	if err != nil {
		return err
	}
	ids := make([]string, len(labels))
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	set := &vectors.Set{IDs: ids, Dim: embedding.Shape[1], Data: embedding.Data}
	out, err := embed.Project(t.engine.Backend, t.config, values, set, embed.Descriptor)
	if err != nil {
		return err
	}
	t.tensor("after."+p.Name+".descriptor", out.Data)
	return nil
}

func (t *tracer) loss(p tracedPhase, step int, got float64) {
	allowed := laterAllowed
	if step == 0 {
		allowed = firstLossAllowed
	}
	t.checks = append(t.checks, Check{fmt.Sprintf("%s loss of step %d", p.Name, step+1),
		math.Abs(got-p.Losses[step]) / math.Abs(p.Losses[step]), allowed})
}

// tensor compares with a value of the reference, if it has that.
func (t *tracer) tensor(key string, got []float32) {
	if want, ok := t.ref[key]; ok {
		c := relative(key, got, want.Data)
		c.Allowed = laterAllowed
		t.checks = append(t.checks, c)
	}
}

// missingNames counts the weights that only one of the lists has.
func missingNames(ours, keras []string) int {
	names := map[string]string{"top_bn_new/gamma": classify.Gamma, "top_bn_new/beta": classify.Beta,
		"pred/kernel": classify.Kernel, "pred/bias": classify.Bias}
	theirs := map[string]bool{}
	for _, k := range keras {
		k, _, _ = strings.Cut(k, ":")
		if ours, ok := names[k]; ok {
			k = ours
		}
		theirs[k] = true
	}
	missing := 0
	for _, o := range ours {
		if !theirs[o] {
			missing++
		}
		delete(theirs, o)
	}
	return missing + len(theirs)
}

// softmax computes class probabilities of embeddings in float64.
func softmax(embedding, kernel, bias []float32) []float32 {
	classes := len(bias)
	features := len(kernel) / classes
	var out []float32
	for row := range slices.Chunk(embedding, features) {
		logits := make([]float64, classes)
		for c := range logits {
			logits[c] = float64(bias[c])
			for f, v := range row {
				logits[c] += float64(v) * float64(kernel[f*classes+c])
			}
		}
		most, sum := slices.Max(logits), 0.0
		for c := range logits {
			logits[c] = math.Exp(logits[c] - most)
			sum += logits[c]
		}
		for _, l := range logits {
			out = append(out, float32(l/sum))
		}
	}
	return out
}

// whole turns stored labels into integers.
func whole(values []float32) []int32 {
	out := make([]int32, len(values))
	for i, v := range values {
		out[i] = int32(v)
	}
	return out
}
