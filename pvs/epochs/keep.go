package epochs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// DefaultPhotos is how many photos a sample has: at 512 values a vector an epoch takes 0.3 MB.
const DefaultPhotos = 300

// MostEpochs bounds how many epochs of a run are kept, beside the start: of a run with more, evenly spread ones.
const MostEpochs = 32

// Keeper keeps vectors for the runs of one process.
type Keeper struct {
	Catalog *catalog.Catalog
	Photos  int             // of the sample, at most
	Engine  engine.Engine   // that embeds
	Heads   compute.Backend // that computes heads on features
	Config  effnet.Config
	Shrunk  bool    // as [embed.NetworkOptions] have it
	Centre  float64 // likewise
	SkipBad bool    // leave out photos that cannot be read
	Log     func(string)

	chosen   *Sample
	features *vectors.Set // of a sample, by the last backbone
	of       string       // which backbone and sample that was
}

// Kept is one run's.
type Kept struct {
	keeper *Keeper
	dir    string
	run    *Run
	photos []embed.Photo
}

// Begin gets a run's folder ready: fresh, what an earlier training has left there is removed; else the run's own sample
// is taken again. Of a catalogue without queries that have a right photo it keeps other, which may be nil. The result
// is nil where there is nothing to keep, as by a keeper that is nil; its methods do nothing then.
func (k *Keeper) Begin(ctx context.Context, dir string, r Run, fresh bool, other *Sample) (*Kept, error) {
	if k == nil {
		if fresh {
			return nil, Remove(dir)
		}
		return nil, nil
	}
	if !fresh {
		was, err := readRun(dir)
		if err == nil && was.Key == r.Key {
			return k.resumed(ctx, dir, was)
		}
		if err != nil && !errors.Is(err, ErrNone) {
			return nil, err
		}
	}
	if err := Remove(dir); err != nil {
		return nil, err
	}
	if k.chosen == nil {
		var err error
		if k.chosen, err = choose(k.Catalog, k.Photos); err != nil {
			return nil, err
		}
		if k.chosen == nil {
			k.chosen = other
		}
		if k.chosen == nil {
			k.Log("no vectors are kept to look at the epochs later: the catalogue has no queries with right photos")
			return nil, nil
		}
		if err := k.chosen.stamped(ctx, k.Catalog, k.SkipBad); err != nil {
			return nil, err
		}
	}
	r.Sample = *k.chosen
	if err := r.write(dir); err != nil {
		return nil, err
	}
	return k.open(dir, &r)
}

// resumed goes on with a run's own sample.
func (k *Keeper) resumed(ctx context.Context, dir string, r *Run) (*Kept, error) {
	if err := r.Sample.Against(ctx, k.Catalog); err != nil {
		k.Log(fmt.Sprintf("no more vectors are kept in %s to look at the epochs later: %v", filepath.Join(dir, Folder), err))
		return nil, nil
	}
	return k.open(dir, r)
}

func (k *Keeper) open(dir string, r *Run) (*Kept, error) {
	byID := k.Catalog.ByID()
	kept := &Kept{keeper: k, dir: dir, run: r}
	for _, p := range r.Sample.Photos {
		photo := byID[p.ID]
		kept.photos = append(kept.photos, embed.Photo{ID: p.ID, File: k.Catalog.File(photo),
			Where: fmt.Sprintf("%s line %d", catalog.PhotosFile, photo.Line)})
	}
	return kept, nil
}

// Due says whether an epoch is kept: the start, the last one, and of more than MostEpochs evenly spread ones.
func (t *Kept) Due(epoch int) bool {
	return t != nil && slices.Contains(Spread(t.run.Epochs, MostEpochs), epoch)
}

// Spread returns 0, the last of epochs, and others between them, most of them beside 0, evenly.
func Spread(epochs, most int) []int {
	out := []int{0}
	most = min(most, epochs)
	for i := 1; i <= most; i++ {
		out = append(out, (i*epochs+most/2)/most)
	}
	return out
}

// Has says whether an epoch is there.
func (t *Kept) Has(epoch int) bool {
	if t == nil {
		return false
	}
	_, err := readEpoch(t.dir, epoch, t.run)
	return err == nil
}

// Keep writes the sample's vectors by a network with these weights.
func (t *Kept) Keep(ctx context.Context, e Epoch, values map[string][]float32) (err error) {
	if !t.Due(e.Number) {
		return nil
	}
	if e.Vectors, err = t.keeper.embed(ctx, t, values); err != nil {
		return fmt.Errorf("the vectors of epoch %d: %w", e.Number, err)
	}
	return e.write(t.dir, t.run)
}

// embed returns the sample's vectors. Where only heads train, the features are computed once.
func (k *Keeper) embed(ctx context.Context, t *Kept, values map[string][]float32) (*vectors.Set, error) {
	n, err := embed.New(k.Engine, k.Config, values, embed.NetworkOptions{Size: t.run.Pixels, Output: embed.Features,
		Shrunk: k.Shrunk, Centre: k.Centre})
	if err != nil {
		return nil, err
	}
	defer n.Close()
	if of := n.Key() + t.run.Sample.digest(); k.of != of {
		opts := embed.RunOptions{Catalog: k.Catalog.Dir}
		if k.features, _, err = embed.InMemory(ctx, n, t.photos, opts); err != nil {
			k.of = ""
			return nil, err
		}
		k.of = of
	}
	features := *k.features
	features.Data = slices.Clone(features.Data) // a network without heads has these as its vectors
	set, err := embed.Project(k.Heads, k.Config, values, &features, embed.OutputOf(values))
	if err != nil {
		return nil, err
	}
	origin := *set.Origin
	origin.Run = t.run.Name
	set.Origin = &origin
	return set, set.Normalize()
}
