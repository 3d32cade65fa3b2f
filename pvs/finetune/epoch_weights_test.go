package finetune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

// The weights that are kept of an epoch are those of a run that ends there, whatever the phase changes.
func TestEpochWeights(t *testing.T) {
	t.Parallel()
	values := miniBackbone(t)
	for _, c := range []struct {
		trains Trains
		norms  bool
	}{{NewTop, false}, {NewTop, true}, {FromBlock7a, false}, {Full, true}} {
		t.Run(fmt.Sprintf("%s, BatchNorms %t", c.trains, c.norms), func(t *testing.T) {
			tr := trainer(t)
			tr.KeepWeights = 2
			run := func(epochs int) (*Checkpoint, string) {
				s := settings(c.trains, epochs)
				s.Phase.BatchNorm = c.norms
				dir := t.TempDir()
				check, err := tr.Run(context.Background(), dir, s, values)
				if err != nil {
					t.Fatal(err)
				}
				return check, dir
			}
			one, _ := run(1)
			all, dir := run(3)
			if got := all.KeptEpochs(dir); !slices.Equal(got, []int{1, 2, 3}) {
				t.Errorf("kept %v", got)
			}
			first, err := all.EpochValues(dir, 1)
			if err != nil {
				t.Fatal(err)
			}
			if name := differing(one.Values, first, 0); name != "" {
				t.Errorf("%s differs", name)
			}
			last, err := all.EpochValues(dir, 3)
			if err != nil || differing(last, all.Values, 0) != "" || differing(last, first, 0) == "" {
				t.Errorf("the last epoch's are not the checkpoint's, %v", err)
			}
			if err := os.Remove(epochFile(dir, 2)); err != nil {
				t.Fatal(err)
			}
			_, err = all.EpochValues(dir, 2)
			if want := "run r has no weights of epoch 2: it has those of the epochs 1 and 3"; !errors.Is(err, ErrEpoch) ||
				err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			f, err := weights.Read(epochFile(dir, 1))
			if err != nil || c.trains == NewTop && !c.norms && len(f.Tensors) != 6 {
				t.Errorf("%d weights were kept, %v", len(f.Tensors), err)
			}
			all.Settings.Seed++
			if _, err := all.EpochValues(dir, 1); err == nil || !strings.Contains(err.Error(), "of another training") {
				t.Errorf("got %v", err)
			}
		})
	}
}
