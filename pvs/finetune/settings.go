package finetune

import (
	"fmt"
	"hash/fnv"
	"math"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// Settings say how one run trains. They are saved in its checkpoint; a checkpoint of
// other settings is not resumed.
type Settings struct {
	Name string `json:"name"`
	// Parent is the run whose weights it starts from, for people and charts, "1.2", or one of its epochs, "1.8@2"; "" in
	// checkpoints of before it was noted.
	Parent      string  `json:"parent,omitempty"`
	Network     string  `json:"network"` // effnet's name of the variant
	Phase       Phase   `json:"phase"`
	Size        int     `json:"size"`             // side of the square images
	Centre      float64 `json:"centre,omitempty"` // share of a photo's side that a search looks at, in its middle; 0: all
	DropConnect float64 `json:"drop_connect"`     // stochastic depth at the last block
	Seed        uint64  `json:"seed"`
	// EpochFactor is how many passes over the photos count as one epoch.
	EpochFactor float64 `json:"epoch_factor"`
	// MaxSteps lowers the factor so that the run takes no more steps than this; 0: no limit.
	MaxSteps int `json:"max_steps"`
	// Cache trains on the output of frozen layers, computed once for fixed views.
	// Stochastic depth is off in those layers then; in Keras it is on.
	Cache bool `json:"cache"`
	Dim   int  `json:"dim"` // of the Siamese head, where the run starts one
	// Precision is the training engine's, which [Trainer.Run] fills in; checkpoints that do not name
	// it are of float32.
	Precision effnet.Precision `json:"precision"`
}

// provenance is what a checkpoint was made from.
type provenance struct {
	Photos   string `json:"photos"`    // digest of the train photos and their labels
	Val      string `json:"val"`       // of the val photos
	Bytes    string `json:"bytes"`     // digest of the train photos' bytes; "": not known
	ValBytes string `json:"val_bytes"` // of the val photos'
	Weights  string `json:"weights"`   // digest of the first weights
	Revision string `json:"revision"`  // of this program's source
	Backend  string `json:"backend"`
}

// differs names in what a checkpoint was made from something else than it would be now, or "".
func (p provenance) differs(now provenance) string {
	switch {
	case p.Photos != now.Photos:
		return "other train photos, or others of their ids, paths, categories or order"
	case p.Val != now.Val:
		return "other val photos, or others of their ids, paths, categories or order"
	case p.Weights != now.Weights:
		return "other weights to start from"
	}
	return ""
}

// withDefaults fills in zero values.
func (s Settings) withDefaults(c effnet.Config) Settings {
	s.Network = c.Name
	if s.Size == 0 {
		s.Size = c.Resolution
	}
	if s.EpochFactor == 0 {
		s.EpochFactor = 1
	}
	if s.Dim == 0 {
		s.Dim = siamese.DefaultDim
	}
	if s.Phase.Siamese() {
		s.Cache = true // the original, too, trains it on embeddings that are there
	}
	return s
}

// Validate says what is wrong with settings.
func (s Settings) Validate() error {
	if err := s.Phase.Validate(); err != nil {
		return err
	}
	switch {
	case s.Size < 32 || s.Size > 2048:
		return fmt.Errorf("images of %d pixels cannot be trained on: 32 to 2048", s.Size)
	case !(s.DropConnect >= 0 && s.DropConnect < 1):
		return fmt.Errorf("a drop-connect rate of %g is not in [0, 1)", s.DropConnect)
	case !(s.EpochFactor > 0 && s.EpochFactor <= 1e6):
		return fmt.Errorf("a factor of %g on the epochs is not in (0, 1000000]", s.EpochFactor)
	case s.MaxSteps < 0:
		return fmt.Errorf("a limit of %d steps is below 0", s.MaxSteps)
	case s.Dim < 2 || s.Dim > 1<<16:
		return fmt.Errorf("a Siamese head of %d values is not in 2 to 65536", s.Dim)
	case s.Phase.Siamese() && !s.Phase.FixedViews():
		return fmt.Errorf("the Siamese head trains on features that are computed once, so its views cannot be random")
	}
	return nil
}

// stepsPerEpoch is how many steps are one epoch, given those of a pass over the photos.
func (s Settings) stepsPerEpoch(pass int) int {
	n := int(math.Round(s.EpochFactor * float64(pass)))
	if s.MaxSteps > 0 {
		n = min(n, s.MaxSteps/s.Phase.Epochs)
	}
	return max(1, n)
}

// orderSeed is that of the photos' order: another one in each run, since at small
// scales an epoch is a part of a pass, and runs would see the same part.
func (s Settings) orderSeed() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", s.Seed, s.Name) // a hash's Write does not fail
	return h.Sum64()
}

// input is where the phase's inputs enter: after the frozen part if its output is cached.
func (s Settings) input() Input {
	if s.Cache && s.Phase.FixedViews() {
		return s.Phase.CachedInput()
	}
	return FromImages
}

// difference names the first setting in which two differ, or "".
func difference(a, b any) string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		fa, fb := va.Field(i), vb.Field(i)
		if reflect.DeepEqual(fa.Interface(), fb.Interface()) {
			continue
		}
		if fa.Kind() == reflect.Struct {
			return difference(fa.Interface(), fb.Interface())
		}
		name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
		return fmt.Sprintf("%s %v, not %v", strings.ReplaceAll(name, "_", " "), fa.Interface(), fb.Interface())
	}
	return ""
}

// revision names the source of this package as the program's build recorded it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownRevision
	}
	module, _, _ := strings.Cut(reflect.TypeFor[Settings]().PkgPath(), "/pvs/")
	return revisionOf(info, module)
}

const unknownRevision = "unknown"

// revisionOf reads the record of a build: the commit where the module was built in its own
// checkout (go build; go run records none), else the version of the module, which may be another
// program's dependency.
func revisionOf(info *debug.BuildInfo, module string) string {
	from := &info.Main
	for _, d := range info.Deps {
		if d.Path == module {
			from = d
		}
	}
	if from.Path != module {
		return unknownRevision
	}
	if from == &info.Main {
		id, modified := "", ""
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				id = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				modified = " (modified)"
			}
		}
		if id != "" {
			return id + modified
		}
	}
	if from.Replace != nil {
		from = from.Replace
	}
	if from.Version == "" || from.Version == "(devel)" {
		return unknownRevision
	}
	return from.Version
}
