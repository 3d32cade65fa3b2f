package combine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Part is one network's vectors in a [Join].
type Part struct {
	Set *vectors.Set // [n, dim], unit length
	// Weight of this network's cosines, above 0; only the ratio of weights matters.
	Weight float64
}

// Join concatenates the vectors of two or more networks of the same photos: the cosine of
// two joined vectors is the weighted mean of the networks' cosines. The order of ids is the
// first part's; each other part has the same ids, in any order.
func Join(parts ...Part) (*vectors.Set, error) {
	if len(parts) < 2 {
		return nil, errors.New("a join needs the vectors of two networks")
	}
	total, dim := 0.0, 0
	first := parts[0].Set
	for i, p := range parts {
		if err := p.Set.CheckUnit(); err != nil {
			return nil, fmt.Errorf("joining networks, part %d: %w", i+1, err)
		}
		if !(p.Weight > 0) || math.IsInf(p.Weight, 0) {
			return nil, fmt.Errorf("joining networks, part %d: the weight %g is not above 0", i+1, p.Weight)
		}
		if p.Set.Len() != first.Len() {
			return nil, fmt.Errorf("networks cannot be joined whose photos differ: part 1 has %d, part %d has %d",
				first.Len(), i+1, p.Set.Len())
		}
		total += p.Weight
		dim += p.Set.Dim
	}
	out := &vectors.Set{IDs: first.IDs, Dim: dim, Data: make([]float32, first.Len()*dim)}
	offset := 0
	for n, p := range parts {
		row := make(map[string]int, p.Set.Len())
		for i, id := range p.Set.IDs {
			row[id] = i
		}
		scale := float32(math.Sqrt(p.Weight / total))
		for i, id := range out.IDs {
			r, ok := row[id]
			if !ok {
				return nil, fmt.Errorf("networks cannot be joined whose photos differ: part %d lacks %s; embed the same "+
					"photos with both", n+1, id)
			}
			to := out.Row(i)[offset:]
			for d, v := range p.Set.Row(r) {
				to[d] = scale * v
			}
		}
		offset += p.Set.Dim
	}
	var err error
	out.Origin, err = joined(parts, total)
	return out, err
}

// joined names all parts in an origin: two joins compare where all parts and their weights
// do. It is nil where a part's origin is not known.
func joined(parts []Part, total float64) (*vectors.Origin, error) {
	type key struct {
		Network, Weights, Output, Precision, Resize string
		Pixels                                      int
		Views                                       []string
		Share                                       float64
	}
	var keys []key
	var networks, titles, outputs []string
	for _, p := range parts {
		o := p.Set.Origin
		if !o.Known() {
			return nil, nil
		}
		keys = append(keys, key{o.Network, o.Weights, o.Output, o.Precision, o.Resize, o.Pixels, o.Views, p.Weight / total})
		networks = append(networks, o.Network)
		titles = append(titles, o.String())
		outputs = append(outputs, fmt.Sprintf("%.3g of (%s)", p.Weight/total, o.Output))
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	first := parts[0].Set.Origin
	return &vectors.Origin{Network: strings.Join(networks, " + "), Title: strings.Join(titles, " + "),
		Weights: hex.EncodeToString(sum[:]),
		Output:  strings.Join(outputs, " + "), Catalog: first.Catalog, Split: first.Split, List: first.List}, nil
}
