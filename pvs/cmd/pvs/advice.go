package main

import (
	"errors"
	"strings"

	"github.com/gopvs/product-visual-search/data/defects"
	"github.com/gopvs/product-visual-search/data/furniture"
	"github.com/gopvs/product-visual-search/data/kicad"
	"github.com/gopvs/product-visual-search/kernels"
	"github.com/gopvs/product-visual-search/pvs/backbone"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/catalog/shopfeed"
	"github.com/gopvs/product-visual-search/pvs/download"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/replay"
	"github.com/gopvs/product-visual-search/pvs/serve/weaviate"
	"github.com/gopvs/product-visual-search/pvs/teach"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// advice is what a user of the command can do about an error of a library, which knows no
// flags: more of its sentence.
var advice = []struct {
	is  error
	say string
}{
	{catalog.ErrBad, "mend it, or leave out what is bad with --skip-bad"},
	{dataset.ErrLink, "or take photos that links lead to with --follow-links"},
	{dataset.ErrNotUTF8, "or read it as Latin-1 with --latin1"},
	{dataset.ErrColumn, "say which column it is with --column, as in --column photo=NAME"},
	{shopfeed.ErrKind, "read it by that name: pvs import shopify, woocommerce, merchant or list"},
	{shopfeed.ErrAnother, "pvs sync does that"},
	{shopfeed.ErrNoFeed, "pvs import makes one"},
	{shopfeed.ErrRemovals, "if these products are gone indeed, --allow-removals takes them out"},
	{download.ErrPrivate, "--allow-private allows it"},
	{download.ErrTooLarge, "--max-megabytes raises the limit"},
	{weights.ErrUnavailable, "or name a weights file by --weights"},
	{weights.ErrNoVariant, "name it by --model"},
	{backbone.ErrAbsent, "docs/backbones.py export NAME --out FILE does that, with PyTorch and timm (docs/backbones.md)"},
	{backbone.ErrSettings, "--normalise, --pixels and --output say how it is used, or a file NAME.json beside it " +
		"(docs/backbones.md)"},
	{vectors.ErrNone, "write them with pvs embed"},
	{fit.ErrLabels, "leave out --labels to take what there is"},
	{whiten.ErrQueries, "to whiten queries as their index was, name it by --by"},
	{index.ErrNone, "pvs index create makes one"},
	{index.ErrUnfinished, "the same pvs index create does"},
	{index.ErrThere, "pvs index add adds photos to it"},
	{index.ErrCodes, "pvs index compact does that"},
	{weaviate.ErrNone, "pvs index push does that"},
	{weaviate.ErrOther, "name another class by --class, or remove what it holds by pvs index push --anew"},
	{teach.ErrNone, "pvs serve --teach keeps them"},
	{evaluate.ErrNone, "write them with pvs search"},
	{evaluate.ErrOtherQueries, "name the truth of what was searched by --catalog or --truth"},
	{records.ErrNone, "write them with pvs records"},
	{fetch.ErrCache, "name another by PVS_CACHE"},
	{defects.ErrNoList, "pvs data defects writes such a list"},
	{kicad.ErrNoParts, "name it by --from"},
	{furniture.ErrNoModels, "name it by --from"},
	{kernels.ErrNoFolder, "name another: pvs lab FOLDER"},
	{kernels.ErrPort, "name one by --port"},
	{backend.ErrStart, "GOMLX_BACKEND names one"},
	{backend.ErrLibrary, "ONNXRUNTIME_SHARED_LIBRARY_PATH says where"},
	{effnet.ErrNoInt8, "set GOMLX_BACKEND=onnxruntime:cpu, or leave out --precision"},
	{effnet.ErrNoFloat16, "leave out GOMLX_BACKEND on such a processor, or --precision"},
	{effnet.ErrNoBFloat16, "set GOMLX_BACKEND=xla:cpu, xla:cuda or xla:tpu, or leave out --precision"},
	{engine.ErrInferenceOnly, "leave out --precision, or give --precision bfloat16"},
	{engine.ErrDevices, "--devices says how many"},
	{finetune.ErrAnotherWay, "--another-way goes on all the same, with other rounding"},
	{finetune.ErrEpoch, "--keep-weights keeps those of more, from the start of a run on"},
	{replay.ErrCatalog, "name the catalogue that it was trained on by --catalog"},
	{finetune.ErrMemory, "--micro-batch says of how many images"},
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
