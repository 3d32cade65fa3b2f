package fit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/optimize"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// StateFile is an unfinished training in fit's folder.
const StateFile = "training.safetensors"

// stateVersion grows when a state's meaning changes.
const stateVersion = 1

// memoryRows names the embeddings of the losses' memory.
const memoryRows = "embeddings"

// stateName is the state's entry in the file's metadata.
const stateName = "pvs-fit"

// Evaluation is a score on the held-out photos during training.
type Evaluation struct {
	Step    int     `json:"step"`
	Loss    float64 `json:"loss"` // mean since the one before
	MAR     float64 `json:"mar_at_10"`
	Seconds float64 `json:"seconds"` // of training so far
}

// state is what a training goes on from.
type state struct {
	Version     int          `json:"version"`
	Key         string       `json:"key"` // of recipe, photos, network and pixels
	Recipe      Recipe       `json:"recipe"`
	Centre      float64      `json:"centre"` // of photos, that training looks at
	Engine      string       `json:"engine"`
	Processor   string       `json:"processor"`
	Parts       int          `json:"parts"` // into which fused kernels cut a batch
	Total       int          `json:"total"` // steps of the schedule
	Steps       int          `json:"steps"` // taken
	LossSum     float64      `json:"loss_sum"`
	LossSteps   int          `json:"loss_steps"`
	Seconds     float64      `json:"seconds"`
	Evaluations []Evaluation `json:"evaluations"`
	Best        int          `json:"best"` // the best evaluation's number; -1: none
	Updates     int          `json:"updates"`
	AdamSteps   int          `json:"adam_steps"`
	Memory      []int32      `json:"memory,omitempty"` // the labels of the losses' memory

	best map[string][]float32 // the network of that evaluation
}

// The prefixes of tensors in the file.
const (
	ofValues  = "value:"
	ofFirst   = "m:"
	ofSecond  = "v:"
	ofAverage = "average:"
	ofBest    = "best:"
	ofMemory  = "memory:"
)

// save writes the state; the one before is there until this one is whole.
func (st *state) save(dir string, s *session) error {
	tensors := map[string]weights.Tensor{}
	add := func(prefix string, values map[string][]float32) {
		for name, v := range values {
			tensors[prefix+name] = weights.Tensor{Shape: []int{len(v)}, Data: v}
		}
	}
	adam := s.adam.State()
	add(ofValues, s.values)
	add(ofFirst, adam.First)
	add(ofSecond, adam.Second)
	add(ofBest, st.best)
	st.AdamSteps = adam.Steps
	if s.average != nil {
		averages, updates := s.average.State()
		add(ofAverage, averages)
		st.Updates = updates
	}
	if s.head.memory != nil {
		rows, labels := s.head.memory.Rows()
		add(ofMemory, map[string][]float32{memoryRows: rows})
		st.Memory = labels
	}
	text, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("the training's state: %w", err)
	}
	return wholefile.Write(filepath.Join(dir, StateFile), func(w io.Writer) error {
		return weights.WriteSafetensors(w, tensors, map[string]string{stateName: string(text)})
	})
}

// readState reads a state with its tensors by prefix; nil if there is none.
func readState(dir string) (*state, map[string]map[string][]float32, error) {
	path := filepath.Join(dir, StateFile)
	f, err := weights.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w; remove it to train anew", path, err)
	}
	st := &state{}
	if err := json.Unmarshal([]byte(f.Metadata[stateName]), st); err != nil || st.Version != stateVersion {
		return nil, nil, fmt.Errorf("%s is no training that this version goes on with; remove it to train anew", path)
	}
	by := map[string]map[string][]float32{}
	for name, t := range f.Tensors {
		prefix, rest, _ := strings.Cut(name, ":")
		prefix += ":"
		if by[prefix] == nil {
			by[prefix] = map[string][]float32{}
		}
		by[prefix][rest] = t.Data
	}
	st.best = by[ofBest]
	return st, by, nil
}

// restore puts a session where the state is.
func (st *state) restore(s *session, by map[string]map[string][]float32) error {
	for name, v := range by[ofValues] {
		if len(s.values[name]) != len(v) {
			return fmt.Errorf("the training's state has %d values of %s, not %d", len(v), name, len(s.values[name]))
		}
		copy(s.values[name], v)
	}
	if err := s.adam.Restore(optimize.State{Steps: st.AdamSteps, First: by[ofFirst], Second: by[ofSecond]}); err != nil {
		return err
	}
	if s.average != nil {
		if err := s.average.Restore(by[ofAverage], st.Updates); err != nil {
			return err
		}
	}
	if s.head.memory != nil {
		if err := s.head.memory.Push(by[ofMemory][memoryRows], st.Memory); err != nil {
			return err
		}
	}
	return s.backbone.load(s.values)
}
