package pvs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gopvs/product-visual-search/"

// may lists what each package may import of this module (docs/architecture.md). Tests
// of a package are free.
var may = map[string][]string{
	"pvs": {"pvs/backbone", "pvs/backend", "pvs/catalog", "pvs/catalog/dataset", "pvs/effnet", "pvs/effnet/weights",
		"pvs/embed", "pvs/engine", "pvs/evaluate", "pvs/fetch", "pvs/finetune", "pvs/imageprep", "pvs/retrieval",
		"pvs/vectors"},
	"pvs/wholefile":          {},
	"pvs/internal/cores":     {},
	"pvs/internal/loop":      {},
	"pvs/internal/onewriter": {},
	"pvs/internal/peer":      {},
	"pvs/internal/stamp":     {},
	"pvs/internal/tag":       {},
	"pvs/internal/pieces":    {"pvs/effnet", "pvs/effnet/cpu"},
	"pvs/internal/plaintext": {},
	"pvs/internal/tomlfile":  {"pvs/internal/plaintext"},
	"pvs/internal/pace":      {},
	"pvs/fetch":              {"pvs/wholefile", "pvs/internal/onewriter"},
	"pvs/backend":            {"pvs/fetch"},
	"pvs/backbone": {"pvs/embed", "pvs/imageprep", "pvs/internal/cores", "pvs/internal/onnx", "pvs/internal/tag",
		"pvs/vectors"},
	"pvs/catalog":        {"pvs/wholefile", "pvs/internal/table", "pvs/internal/onewriter", "pvs/internal/tag"},
	"pvs/internal/table": {"pvs/internal/plaintext"},
	"pvs/catalog/dataset": {"pvs/catalog", "pvs/internal/table", "pvs/internal/plaintext", "pvs/wholefile",
		"pvs/imageprep", "pvs/internal/tag"},
	"pvs/catalog/shopfeed": {"pvs/catalog", "pvs/catalog/dataset", "pvs/download", "pvs/imageprep",
		"pvs/internal/plaintext",
		"pvs/internal/table", "pvs/internal/tag", "pvs/wholefile"},
	"pvs/download":  {"pvs/internal/onewriter", "pvs/internal/tag", "pvs/wholefile"},
	"notebooks":     {},
	"pvs/imageprep": {"pvs/internal/bmff", "pvs/internal/jpegall", "pvs/internal/jpegsmall", "pvs/internal/still"},
	"pvs/augment":   {"pvs/imageprep"},
	"pvs/labels":    {"pvs/catalog"},
	"pvs/vectors": {"pvs/wholefile", "pvs/internal/plaintext", "pvs/internal/stamp",
		"pvs/internal/onewriter", "pvs/internal/tag"},
	"pvs/vectors/exchange": {"pvs/vectors", "pvs/records", "pvs/wholefile", "pvs/internal/stamp", "pvs/internal/onewriter",
		"pvs/internal/tag", "pvs/catalog"},
	"pvs/search": {},
	"pvs/explain": {"pvs/catalog", "pvs/check", "pvs/embed", "pvs/evaluate", "pvs/imageprep", "pvs/internal/cores",
		"pvs/rerank", "pvs/retrieval", "pvs/search", "pvs/vectors", "pvs/wholefile"},
	"pvs/index": {"pvs/catalog", "pvs/index/codes", "pvs/internal/cores", "pvs/internal/onewriter", "pvs/internal/tag",
		"pvs/vectors", "pvs/wholefile"},
	"pvs/index/codes": {},
	"pvs/teach": {"pvs/evaluate", "pvs/index", "pvs/internal/onewriter", "pvs/internal/tag", "pvs/vectors",
		"pvs/wholefile"},
	"pvs/serve": {"pvs/embed", "pvs/evaluate", "pvs/imageprep", "pvs/teach", "pvs/vectors", "pvs/wholefile"},
	"pvs/serve/local": {"pvs/catalog", "pvs/index", "pvs/internal/onewriter", "pvs/internal/tag", "pvs/serve",
		"pvs/teach"},
	"pvs/serve/weaviate": {"pvs/index", "pvs/internal/peer", "pvs/internal/tag", "pvs/serve", "pvs/serve/local",
		"pvs/vectors"},
	"pvs/serve/shards": {"pvs/catalog", "pvs/internal/peer", "pvs/internal/tag", "pvs/serve", "pvs/vectors"},
	"pvs/whiten": {"pvs/embed", "pvs/imageprep", "pvs/internal/tag", "pvs/vectors",
		"pvs/wholefile"},
	"pvs/combine":            {"pvs/embed", "pvs/imageprep", "pvs/vectors"},
	"pvs/rerank":             {"pvs/search", "pvs/vectors", "pvs/internal/cores"},
	"pvs/evaluate":           {"pvs/internal/cores", "pvs/internal/table", "pvs/wholefile", "pvs/internal/tag"},
	"pvs/chart":              {"pvs/evaluate", "pvs/wholefile", "pvs/internal/cores", "pvs/imageprep"},
	"pvs/internal/bmff":      {},
	"pvs/internal/jpegall":   {},
	"pvs/internal/jpegsmall": {"pvs/internal/jpegall"},
	"pvs/internal/still":     {},
	"pvs/effnet":             {"pvs/internal/loop", "pvs/neck"},
	"pvs/effnet/weights":     {"pvs/effnet", "pvs/fetch", "pvs/internal/tag"},
	"pvs/classify":           {"pvs/effnet", "pvs/effnet/cpu", "pvs/internal/cores"},
	"pvs/siamese":            {"pvs/effnet"},
	"pvs/losses":             {},
	"pvs/neck":               {},
	"pvs/optimize":           {"pvs/internal/cores"},
	"pvs/embed": {"pvs/catalog", "pvs/imageprep", "pvs/effnet", "pvs/engine", "pvs/vectors", "pvs/classify", "pvs/siamese",
		"pvs/effnet/int8", "pvs/effnet/cpu", "pvs/internal/cores", "pvs/internal/stamp", "pvs/internal/tag"},
	"pvs/internal/onnx": {},
	"pvs/effnet/cpu":    {"pvs/effnet", "pvs/internal/cores"},
	"pvs/engine":        {"pvs/effnet", "pvs/effnet/cpu"},
	"pvs/effnet/int8":   {"pvs/internal/onnx", "pvs/effnet", "pvs/internal/cores"},
	"pvs/retrieval": {"pvs/catalog", "pvs/chart", "pvs/embed", "pvs/evaluate", "pvs/rerank", "pvs/search", "pvs/vectors",
		"pvs/wholefile", "pvs/internal/stamp", "pvs/internal/onewriter"},
	"pvs/check": {"pvs/catalog", "pvs/imageprep", "pvs/vectors", "pvs/search", "pvs/wholefile", "pvs/internal/cores",
		"pvs/internal/stamp", "pvs/internal/onewriter"},
	"pvs/records": {"pvs/catalog", "pvs/imageprep", "pvs/wholefile", "pvs/internal/cores", "pvs/internal/onewriter",
		"pvs/internal/stamp", "pvs/internal/tag"},
	"pvs/feed": {"pvs/augment", "pvs/catalog", "pvs/imageprep", "pvs/records", "pvs/internal/cores", "pvs/internal/stamp",
		"pvs/internal/tag", "pvs/wholefile"},
	"pvs/finetune": {"pvs/imageprep", "pvs/effnet", "pvs/engine", "pvs/effnet/weights", "pvs/vectors", "pvs/classify",
		"pvs/siamese", "pvs/embed", "pvs/epochs", "pvs/feed", "pvs/effnet/cpu",
		"pvs/internal/pace", "pvs/wholefile", "pvs/internal/cores",
		"pvs/internal/onewriter"},
	"pvs/fit": {
		"pvs/augment", "pvs/catalog", "pvs/effnet", "pvs/effnet/cpu", "pvs/effnet/weights", "pvs/embed", "pvs/engine",
		"pvs/epochs", "pvs/evaluate", "pvs/feed",
		"pvs/finetune", "pvs/imageprep", "pvs/internal/cores", "pvs/internal/onewriter", "pvs/internal/stamp",
		"pvs/internal/tomlfile", "pvs/labels", "pvs/losses", "pvs/neck", "pvs/optimize", "pvs/retrieval", "pvs/siamese",
		"pvs/vectors", "pvs/whiten", "pvs/wholefile",
	},
	"pvs/recipe": {"pvs/internal/tomlfile", "pvs/imageprep", "pvs/effnet", "pvs/siamese", "pvs/finetune"},
	"pvs/epochs": {"pvs/catalog", "pvs/effnet", "pvs/effnet/weights", "pvs/embed", "pvs/engine", "pvs/imageprep",
		"pvs/internal/cores", "pvs/internal/stamp", "pvs/labels", "pvs/vectors", "pvs/wholefile"},
	"pvs/replay": {"pvs/catalog", "pvs/chart", "pvs/epochs", "pvs/evaluate", "pvs/finetune", "pvs/fit", "pvs/internal/tag",
		"pvs/journey", "pvs/recipe", "pvs/retrieval", "pvs/vectors"},
	"pvs/journey": {"pvs/catalog", "pvs/imageprep", "pvs/effnet", "pvs/engine", "pvs/vectors", "pvs/embed",
		"pvs/epochs", "pvs/feed",
		"pvs/finetune", "pvs/recipe", "pvs/records", "pvs/search", "pvs/evaluate", "pvs/retrieval", "pvs/chart",
		"pvs/wholefile", "pvs/internal/onewriter"},
	"pvs/verify": {"pvs/imageprep", "pvs/effnet", "pvs/engine", "pvs/effnet/weights", "pvs/vectors", "pvs/classify",
		"pvs/siamese", "pvs/embed", "pvs/finetune", "pvs/effnet/cpu", "pvs/backend"},
	"pvs/lab": {"data/studio", "data/synth", "kernels/variables", "pvs/backend", "pvs/catalog", "pvs/chart", "pvs/effnet",
		"pvs/engine", "pvs/effnet/weights", "pvs/embed", "pvs/finetune", "pvs/internal/pace", "pvs/wholefile"},
	"kernels":           {"pvs/fetch", "pvs/wholefile"},
	"kernels/variables": {"pvs/backend", "pvs/fetch"},
	"data/mesh":         {},
	"data/studio":       {"data/mesh", "pvs/catalog", "pvs/wholefile"},
	"data/synth":        {"data/mesh", "data/studio", "pvs/catalog"},
	"data/defects":      {"pvs/catalog", "pvs/imageprep", "pvs/wholefile"},
	"data/planted":      {"pvs/catalog", "pvs/imageprep", "pvs/wholefile"},
	"data/clusters":     {"pvs/vectors", "pvs/wholefile", "pvs/catalog"},
	"data/kicad":        {"data/debian", "data/mesh", "data/studio", "pvs/catalog", "pvs/fetch", "pvs/wholefile"},
	"data/debian":       {},
	"data/wavefront":    {"data/mesh"},
	"data/furniture": {"data/debian", "data/mesh", "data/studio", "data/wavefront", "pvs/catalog", "pvs/fetch",
		"pvs/wholefile"},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		name := strings.TrimPrefix(words[0], module)
		if name == "pvs/cmd/pvs" {
			continue // may use everything
		}
		allowed, known := may[name]
		if !known {
			t.Errorf("package %s is not in the table of imports: add it here and to docs/architecture.md", name)
		}
		for _, i := range words[1:] {
			if short, ours := strings.CutPrefix(i, module); ours && !slices.Contains(allowed, short) {
				t.Errorf("%s must not import %s", name, short)
			}
		}
	}
}

// Nobody may import the command, and only the command and the lab may import package pvs, which lies above the others.
func TestTopPackages(t *testing.T) {
	for name, list := range may {
		if slices.Contains(list, "pvs/cmd/pvs") {
			t.Errorf("%s must not import the command", name)
		}
		if slices.Contains(list, "pvs") && name != "pvs/lab" {
			t.Errorf("%s must not import pvs", name)
		}
	}
}

// Every package explains itself in doc.go.
func TestPackageDocs(t *testing.T) {
	for name := range may {
		if _, err := os.Stat(filepath.Join("..", name, "doc.go")); err != nil {
			t.Error(err)
		}
	}
}

// Names that say nothing are not used for packages.
func TestPackageNames(t *testing.T) {
	for name := range may {
		for _, bad := range []string{"util", "common", "helper", "misc"} {
			if strings.Contains(name, bad) {
				t.Errorf("package %s", name)
			}
		}
	}
}
