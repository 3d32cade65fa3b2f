package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/tomlfile"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// row is a [[phase]] of a file. Keys that are nil have the journey's value.
type row struct {
	Name         string   `toml:"name"`
	From         *string  `toml:"from"`
	Trains       string   `toml:"trains"`
	Views        *string  `toml:"views"`
	BatchNorm    bool     `toml:"batch_norm"`
	Dropout      *float64 `toml:"dropout"`
	LearningRate *float64 `toml:"learning_rate"`
	Epochs       *int     `toml:"epochs"`
	Batch        *int     `toml:"batch"`
	Margin       *float64 `toml:"margin"`
	Metric       *string  `toml:"metric"`
}

// ReadPhases reads a user's own runs from a TOML file:
//
//	[[phase]]
//	name = "mine"
//	from = "1.2"            # a run of the journey or of this file; "0" if not given
//	trains = "full"         # new top, from block7a, full, siamese head
//	views = "A0 A1 A2"      # A0 to A5 if not given
//	batch_norm = false      # do the backbone's BatchNorms train?
//	dropout = 0.2
//	learning_rate = 1e-5
//	epochs = 2
//	batch = 128
//	margin = 0.5            # of a siamese head
//	metric = "angular"      # angular, L2, squared-L2
//
// It returns the journey's runs followed by the file's. A mistake is an error with its line.
func ReadPhases(path string) ([]Run, error) {
	var file struct {
		Phase []row `toml:"phase"`
	}
	data, err := tomlfile.Read(path, "phases", "phase", &file)
	if err != nil {
		return nil, err
	}
	if len(file.Phase) == 0 {
		return nil, fmt.Errorf("%s has no [[phase]]", path)
	}
	lines := linesOf(data)
	runs := slices.Clone(Journey())
	known := len(runs)
	for i, r := range file.Phase {
		run, key, err := r.run(runs)
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, lines.of(i, key), err)
		}
		runs = append(runs, run)
	}
	for i, r := range runs[known:] {
		if _, err := Lineage(runs, r.Name); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, lines.of(i, "from"), err)
		}
	}
	return runs, nil
}

// run checks a row against the runs before it; key names what is wrong.
func (r row) run(before []Run) (run Run, key string, err error) {
	if r.Name == "" {
		return run, "", errors.New(`a phase needs a name, name = "mine"`)
	}
	if strings.ContainsAny(r.Name, "/\\") || strings.HasPrefix(r.Name, ".") {
		return run, "name", fmt.Errorf("a phase needs a name that can be a folder's, not %q", r.Name)
	}
	if _, err := Find(before, r.Name); err == nil {
		return run, "name", fmt.Errorf("the name %q is taken", r.Name)
	}
	from := "0"
	if r.From != nil {
		from = *r.From
	}
	if from == "" {
		return run, "from", errors.New(`from names no run; "0" is the network with its ImageNet weights`)
	}
	switch {
	case r.LearningRate == nil:
		return run, "", errors.New("a phase needs its learning rate, learning_rate = 1e-5")
	case r.Epochs == nil:
		return run, "", errors.New("a phase needs its epochs, epochs = 1")
	}
	p := &finetune.Phase{BatchNorm: r.BatchNorm, Dropout: 0.2, LearningRate: *r.LearningRate, Epochs: *r.Epochs}
	if p.Trains, err = finetune.ParseTrains(r.Trains); err != nil {
		return run, "trains", err
	}
	views := "A0 A1 A2 A3 A4 A5"
	if r.Views != nil {
		views = *r.Views
	}
	if p.Views, err = imageprep.ParseViews(views); err != nil {
		return run, "views", err
	}
	if r.Metric != nil {
		if p.Metric, err = siamese.ParseMetric(*r.Metric); err != nil {
			return run, "metric", err
		}
	}
	switch {
	case r.Batch != nil:
		p.Batch = *r.Batch
	case p.Siamese():
		p.Batch = siameseBatch
	default:
		p.Batch = classifyBatch
	}
	if p.Siamese() {
		p.Dropout = 0
		if r.Margin == nil {
			return run, "", errors.New("a siamese head needs the margin of its loss, margin = 0.5")
		}
	} else if r.Margin != nil || r.Metric != nil {
		return run, "margin", fmt.Errorf("margin and metric are of a siamese head, but the phase trains %q", r.Trains)
	}
	if r.Margin != nil {
		p.Margin = *r.Margin
	}
	if r.Dropout != nil {
		p.Dropout = *r.Dropout
	}
	return Run{Name: r.Name, From: from, Phase: p}, culprit(*p), p.Validate()
}

// culprit returns the key that Phase.Validate complains about: the one whose change to a
// valid value changes the error.
func culprit(p finetune.Phase) string {
	for _, setting := range []struct {
		key string
		fix func(*finetune.Phase)
	}{
		{"batch_norm", func(p *finetune.Phase) { p.BatchNorm = false }},
		{"margin", func(p *finetune.Phase) { p.Margin = 1 }},
		{"dropout", func(p *finetune.Phase) { p.Dropout = 0 }},
		{"learning_rate", func(p *finetune.Phase) { p.LearningRate = 1 }},
		{"views", func(p *finetune.Phase) { p.Views = []imageprep.View{imageprep.A0, imageprep.A1} }},
		{"epochs", func(p *finetune.Phase) { p.Epochs = 1 }},
		{"batch", func(p *finetune.Phase) { p.Batch = 2 }},
	} {
		before := p.Validate()
		setting.fix(&p)
		if after := p.Validate(); before != nil && (after == nil || after.Error() != before.Error()) {
			return setting.key
		}
	}
	return ""
}

// keyLines are the line numbers of each phase's keys; "" is that of its header.
type keyLines []map[string]int

func (p keyLines) of(phase int, key string) int {
	if line, ok := p[phase][key]; ok {
		return line
	}
	return p[phase][""]
}

// linesOf finds the line numbers of keys in a file that was read without an error.
func linesOf(data []byte) keyLines {
	var out keyLines
	p := unstable.Parser{}
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		key := e.Key()
		if !key.Next() {
			continue
		}
		name := key.Node()
		line := 1 + bytes.Count(data[:name.Raw.Offset], []byte("\n"))
		switch {
		case e.Kind == unstable.ArrayTable:
			out = append(out, map[string]int{"": line})
		case e.Kind == unstable.KeyValue && len(out) > 0:
			out[len(out)-1][string(name.Data)] = line
		}
	}
	return out
}
