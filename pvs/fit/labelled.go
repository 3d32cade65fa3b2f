package fit

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

// labelled are the train photos with what they are labelled by.
func (f *fitting) labelled(ctx context.Context) ([]catalog.Photo, feed.Source, labels.Choice, error) {
	var choice labels.Choice
	photos := f.cat.Split(catalog.Train)
	if len(photos) == 0 {
		return nil, nil, choice, fmt.Errorf("the catalogue %s has no photos in the split train, and nothing is learned "+
			"from index or query", f.cat.Dir)
	}
	choice = labels.Choose(photos)
	if f.recipe.Labels != "" {
		choice.Set = labels.Of(photos, f.recipe.Labels)
		choice.Reason = fmt.Sprintf("%s, as was asked for", f.recipe.Labels)
		if len(choice.Set.Names) == 0 && f.recipe.Labels != labels.None {
			return nil, nil, choice, fmt.Errorf("the train photos of %s have no %s to learn from: %w", f.cat.Dir,
				f.recipe.Labels, ErrLabels)
		}
	}
	f.Log("labels: " + choice.Reason)
	source := feed.FromCatalog(f.cat, catalog.Train, nil)
	// Training may look at their centres.
	source.Suffices(imageprep.Look{Size: f.pixels, Centre: f.recipe.Centre}.Suffices())
	contents, err := feed.ContentsOf(ctx, source, filepath.Join(f.dir, "train.photos"), nil)
	if err != nil {
		return nil, nil, choice, err
	}
	f.learns = fmt.Sprintln(source.Digest(), feed.FromCatalog(f.cat, catalog.Val, nil).Digest(), contents.Digest,
		choice.Set.Kind, choice.Set.Names, choice.Set.Of)
	return photos, source, choice, nil
}
