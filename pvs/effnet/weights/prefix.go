package weights

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Programs that wrap a network put a prefix before all of its names: module.
// (DataParallel), model. (Lightning), _orig_mod. (torch.compile), backbone., and any of
// them before each other.

// network returns the tensors of a network under the names of their scheme: an .h5
// file's without their groups, others without a prefix that they share. Notes say which
// was left out.
func (f *File) network() (tensors map[string]Tensor, notes []string, err error) {
	if f.Format == "Keras HDF5" {
		tensors, err = f.keras()
		return tensors, nil, err
	}
	prefixes := f.prefixes()
	if len(prefixes) == 0 || slices.Equal(prefixes, []string{""}) {
		return f.Tensors, nil, nil
	}
	prefix := prefixes[0]
	if len(prefixes) > 1 {
		// Of a network and its moving average the average is taken, as of two entries.
		averages := slices.DeleteFunc(slices.Clone(prefixes), func(p string) bool { return !strings.Contains(p, "ema") })
		if len(averages) != 1 {
			return nil, nil, fmt.Errorf("weights file %s holds %d networks, whose names start with %s: save the one that is "+
				"meant alone, %s",
				filepath.Base(f.Path), len(prefixes), quoted(prefixes), saveCommand)
		}
		prefix = averages[0]
		others := slices.DeleteFunc(prefixes, func(p string) bool { return p == prefix })
		notes = append(notes, fmt.Sprintf("it holds several networks, and that of the names that start with %q was taken, "+
			"not %s; save another alone to use it", prefix, quoted(others)))
		prefixes = others
	} else {
		prefixes = nil
	}
	tensors = make(map[string]Tensor, len(f.Tensors))
	for name, t := range f.Tensors {
		short, ours := strings.CutPrefix(name, prefix)
		switch {
		case ours:
			tensors[short] = t
		case name == averaged:
		case slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }):
		default:
			tensors[name] = t // is not of the network, which For reports
		}
	}
	return tensors, append(notes, fmt.Sprintf("all names start with %q, which was left out", prefix)), nil
}

// averaged is the count of torch.optim.swa_utils.AveragedModel, beside its module.
const averaged = "n_averaged"

// prefixes returns the prefixes of the name of a stem's kernel in the file: "" of a
// network by itself, several of several networks.
func (f *File) prefixes() (found []string) {
	var stems []string
	for _, s := range schemes {
		if s.torch {
			stems = append(stems, s.of(effnet.Config{Width: 1, Depth: 1})[stemKernel]) // the same in all
		}
	}
	for name := range f.Tensors {
		for _, stem := range stems {
			if prefix, is := strings.CutSuffix(name, stem); is && (prefix == "" || strings.HasSuffix(prefix, ".")) {
				found = append(found, prefix)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// stemKernel is Keras's name of the first weight, which every network has.
const stemKernel = "stem_conv/kernel"

func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", n))
	}
	return strings.Join(out, ", ")
}
