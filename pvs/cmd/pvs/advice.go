package main

import (
	"errors"
	"strings"

	"github.com/gopvs/product-visual-search/data/defects"
	"github.com/gopvs/product-visual-search/data/kicad"
	"github.com/gopvs/product-visual-search/kernels"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// advice is what a user of the command can do about an error of a library, which knows no
// flags: more of its sentence.
var advice = []struct {
	is  error
	say string
}{
	{catalog.ErrBad, "or leave out what is bad with --skip-bad"},
	{dataset.ErrLink, "or take photos that links lead to with --follow-links"},
	{dataset.ErrNotUTF8, "or read it as Latin-1 with --latin1"},
	{dataset.ErrColumn, "say which column it is with --column, as in --column photo=NAME"},
	{weights.ErrUnavailable, "or name a weights file by --weights"},
	{weights.ErrNoVariant, "name it by --model"},
	{vectors.ErrNone, "write them with pvs embed"},
	{evaluate.ErrNone, "write them with pvs search"},
	{records.ErrNone, "write them with pvs records"},
	{fetch.ErrCache, "name another by PVS_CACHE"},
	{defects.ErrNoList, "pvs data defects writes such a list"},
	{kicad.ErrNoParts, "name it by --from"},
	{kernels.ErrNoFolder, "name another: pvs lab FOLDER"},
	{kernels.ErrPort, "name one by --port"},
}

// adviceFor is what the table says about an error, to be put behind its sentence.
func adviceFor(err error) string {
	say := ""
	for _, a := range advice {
		if errors.Is(err, a.is) {
			between := "; "
			if strings.HasPrefix(a.say, "or ") {
				between = ", "
			}
			say += between + a.say
		}
	}
	return say
}
