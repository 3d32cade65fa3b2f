package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/combine"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// sizedView is how a photo is looked at, as [combine.View] names it: A2@160 is the view A2 at 160 pixels. Without a
// size it is the network's.
type sizedView struct {
	view   imageprep.View
	pixels int // side of the network's input; 0: as without views
}

// UnmarshalText reads a view's name.
func (v *sizedView) UnmarshalText(text []byte) error {
	name, size, sized := strings.Cut(string(text), "@")
	views, err := imageprep.ParseViews(name)
	if err != nil {
		return err
	}
	if len(views) != 1 {
		return fmt.Errorf("%q names no view: it is A0, or A2@160 for 160 pixels", text)
	}
	*v = sizedView{view: views[0]}
	if !sized {
		return nil
	}
	if v.pixels, err = strconv.Atoi(size); err != nil || v.pixels < 32 || v.pixels > 2048 {
		return fmt.Errorf("the view %q has no size of 32 to 2048 pixels behind its @", text)
	}
	return nil
}

// String is its name.
func (v sizedView) String() string {
	if v.pixels == 0 {
		return v.view.String()
	}
	return fmt.Sprintf("%s@%d", v.view, v.pixels)
}

// viewNames are those that vectors of these views have in their origin, at a size where none is named.
func viewNames(views []sizedView, size int) (names []string) {
	for _, v := range views {
		names = append(names, sizedView{v.view, cmp.Or(v.pixels, size)}.String())
	}
	if len(names) == 1 && views[0].view == imageprep.A0 { // as without views
		return []string{imageprep.A0.String()}
	}
	return names
}

// checkViews refuses what cannot be averaged.
func (f *networkFlags) checkViews() error {
	if len(f.Views) > 0 && f.precision() == effnet.Int8 {
		return errors.New("in int8 each input size would need its own calibration: leave out --views, or --precision")
	}
	return nil
}

// views are those of the flags, with their sizes, by the network's usual one where none is named; none: the whole
// photo.
func (f *networkFlags) views(usual int) []sizedView {
	views := slices.Clone(f.Views)
	for i := range views {
		views[i].pixels = cmp.Or(views[i].pixels, f.Pixels, usual)
	}
	return views
}

// looking makes an embedder that averages views, which have their sizes, of those that start makes at a size; without
// views it is the one at pixels.
func looking(views []sizedView, pixels int, start func(pixels int) (embed.Embedder, error)) (embed.Embedder, error) {
	if len(views) == 0 {
		return start(pixels)
	}
	at := map[int]embed.Embedder{}
	var all []combine.View
	for _, v := range views {
		if at[v.pixels] == nil {
			e, err := start(v.pixels)
			if err != nil {
				return nil, err
			}
			at[v.pixels] = e
		}
		all = append(all, combine.View{By: at[v.pixels], View: v.view})
	}
	if names := viewNames(views, 0); len(names) == 1 && names[0] == imageprep.A0.String() {
		return at[views[0].pixels], nil
	}
	return combine.NewViews(all, combine.ViewsOptions{})
}

// viewsOf are the views of vectors that were made with several; none: with the whole photo.
func viewsOf(names []string) (views []sizedView, err error) {
	for _, name := range names {
		var v sizedView
		if err := v.UnmarshalText([]byte(name)); err != nil {
			return nil, err
		}
		if v.pixels > 0 { // A0 alone is the whole photo
			views = append(views, v)
		}
	}
	return views, nil
}
