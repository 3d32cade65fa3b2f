package fit

import (
	"context"
	"time"

	"github.com/gopvs/product-visual-search/pvs/epochs"
)

// keepStart keeps the vectors of the network as it was, and takes the time that each evaluation will take for its own.
func (t *training) keepStart(ctx context.Context, fresh bool) (err error) {
	var keeper *epochs.Keeper
	if t.Keep > 0 {
		keeper = &epochs.Keeper{Catalog: t.cat, Photos: t.Keep, Engine: t.Inference, Heads: t.Training.Backend,
			Config: t.network.Config, Shrunk: true, Centre: t.first.Centre, Log: t.Log}
	}
	parent := t.network.Run
	if parent == "" {
		parent = "0"
	}
	t.kept, err = keeper.Begin(ctx, t.dir, epochs.Run{Key: t.key, Name: t.recipe.Name, Parent: parent, Kind: "fit",
		Trains: "fit to " + t.learned, Epochs: t.recipe.Evaluations, Pixels: t.pixels}, fresh,
		t.held.sample(t.Keep))
	if err != nil || t.kept.Has(0) {
		return err
	}
	begun := time.Now()
	err = t.kept.Keep(ctx, epochs.Epoch{}, t.network.Values)
	t.perKeep = time.Since(begun).Seconds()
	return err
}

// sample is what is kept of a catalogue without queries; nil where photos share nothing.
func (h *heldOut) sample(n int) *epochs.Sample {
	switch h.relation {
	case ofProduct:
		return epochs.HeldOut(h.index, epochs.ByProduct, n)
	case ofTitle:
		return epochs.HeldOut(h.index, epochs.ByTitle, n)
	}
	return nil
}
