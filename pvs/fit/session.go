package fit

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// session trains one network in memory: backbone, head, optimizer and the average of their weights.
type session struct {
	recipe Recipe
	config effnet.Config
	size   int

	backbone  backbone
	head      *head
	values    optimize.Tensors // of the backbone and the head
	gradients optimize.Tensors
	adam      *optimize.AdamW
	average   *optimize.Average // nil: the last weights count
	schedule  optimize.Cosine

	features, ofFeatures []float32 // of a batch
}

// newSession starts from a backbone's weights, which it changes.
func newSession(e engine.Engine, c effnet.Config, size int, r Recipe, n counts, parts, steps int,
	values optimize.Tensors) (s *session, err error) {
	s = &session{recipe: r, config: c, size: size, values: values, gradients: optimize.Tensors{}}
	s.features = make([]float32, r.Batch()*c.Features())
	s.ofFeatures = make([]float32, len(s.features))
	if s.head, err = newHead(e.Backend, r, c.Features(), n); err != nil {
		return nil, err
	}
	if r.GeM > 0 && effnet.Exponent(values) == 0 {
		values[effnet.PoolExponent] = []float32{float32(r.GeM)}
	}
	for name, v := range s.head.initial(r.Seed) {
		s.values[name] = v
	}
	if e.Kind == engine.FusedCPU {
		s.backbone, err = newFused(c, size, r.DropConnect, parts, trains(c, values))
	} else {
		s.backbone, err = newGraphBackbone(e.Backend, c, e.Formulation, e.Precision, size, r.DropConnect, values)
	}
	if err != nil {
		s.head.close()
		return nil, err
	}
	s.schedule = optimize.Cosine{Steps: steps, WarmUp: int(r.WarmUp * float64(steps))}
	if err := s.optimizers(); err != nil {
		s.close()
		return nil, err
	}
	return s, s.backbone.load(s.values)
}

// optimizers makes what changes the weights and averages them.
func (s *session) optimizers() (err error) {
	r := s.recipe
	headRate := r.LearningRate * r.HeadFactor
	backbone, fast := trains(s.config, s.values), s.head.weights()[1:] // lengths of class weights do not count
	if pool := slices.Index(backbone, effnet.PoolExponent); pool >= 0 {
		backbone, fast = slices.Delete(backbone, pool, pool+1), append(fast, effnet.PoolExponent)
	}
	groups := []optimize.Group{
		{Names: backbone, LearningRate: r.LearningRate, WeightDecay: r.WeightDecay},
		{Names: []string{headKernel}, LearningRate: headRate, WeightDecay: r.WeightDecay},
		{Names: fast, LearningRate: headRate},
	}
	if s.adam, err = optimize.NewAdamW(s.values, optimize.Options{}, groups...); err != nil {
		return err
	}
	if r.Average > 0 {
		s.average, err = optimize.NewAverage(s.averaged(), r.Average)
	}
	return err
}

// averaged are the weights whose average is the result: all that the search uses and that training changes.
func (s *session) averaged() optimize.Tensors {
	out := optimize.Tensors{}
	for _, name := range append(trains(s.config, s.values), headKernel, headGamma, headMean, headVar) {
		out[name] = s.values[name]
	}
	return out
}

// step trains on a batch and returns the losses: their weighted sum first. Where it fails, weights are as they were.
func (s *session) step(n int, images []float32, of targets) ([]float32, error) {
	if err := s.backbone.forward(images, s.noise(n), s.features); err != nil {
		return nil, err
	}
	report, err := s.head.step(s.features, of, s.values, s.gradients, s.ofFeatures)
	if err != nil {
		return report, err
	}
	if err := s.backbone.backward(s.ofFeatures, s.gradients); err != nil {
		return report, err
	}
	if _, err := optimize.ClipByGlobalNorm(s.gradients, s.recipe.Clip); err != nil {
		return report, err
	}
	if err := s.adam.Step(s.gradients, s.schedule.Factor(n)); err != nil {
		return report, err
	}
	if p := s.values[effnet.PoolExponent]; p != nil {
		p[0] = max(1, p[0])
	}
	if s.average != nil {
		if err := s.average.Update(s.averaged()); err != nil {
			return report, err
		}
	}
	if n >= s.schedule.WarmUp { // before, embeddings change too fast to be compared with later ones
		if err := s.head.remember(of.labels); err != nil {
			return report, err
		}
	}
	return report, s.backbone.load(s.values)
}

// noise is stochastic depth's of a step, a function of seed and step; nil without.
func (s *session) noise(step int) []float32 {
	if s.recipe.DropConnect == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(s.recipe.Seed, uint64(step)<<8|5))
	out := make([]float32, s.recipe.Batch()*len(s.config.Blocks()))
	for i := range out {
		out[i] = rng.Float32()
	}
	return out
}

// network returns the weights of a search, the averaged ones if they are averaged: the backbone's, and projection and
// BatchNorm as a Siamese head.
func (s *session) network() (map[string][]float32, error) {
	of := optimize.Tensors{}
	for name, v := range s.values {
		of[name] = v
	}
	if s.average != nil {
		averages, _ := s.average.State()
		for name, v := range averages {
			of[name] = v
		}
	}
	out := folded(of)
	for _, v := range s.config.VariablesOf(of) {
		if len(of[v.Name]) != v.Size() {
			return nil, fmt.Errorf("the weight %s of %s is not there", v.Name, s.config.Title)
		}
		out[v.Name] = append([]float32(nil), of[v.Name]...)
	}
	return out, nil
}

func (s *session) close() {
	s.backbone.close()
	s.head.close()
}
