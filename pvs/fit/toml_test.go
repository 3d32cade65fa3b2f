package fit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/labels"
)

// A file changes what it names and leaves the rest as recommended; a mistake is told with its line.
func TestFind(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "mine.toml")
	read := func(text string) (Recipe, error) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return Find(path)
	}
	got, err := read("\ufeffname = \"mine\"\r\nepochs = 3 # few\r\nlabels = \"categories\"\r\n")
	want := Recommended()
	want.Name, want.Epochs, want.Labels = "mine", 3, labels.Categories
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for text, say := range map[string]string{
		"epochs = 3\nepoch = 4":    "line 2: nothing is called epoch in a recipe",
		"epochs = \"three\"":       "line 1",
		"epochs = 0":               "0 epochs: at least one is needed",
		"contrastive = nan":        "a number from 0 on",
		"contrastive = -1":         "a number from 0 on",
		"learning_rate = nan":      "is not above 0",
		"labels = \"colours\"":     "no labels are called colours",
		"augmentation = \"mild+\"": "no operation of augmentation",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q", text, err, say)
		}
	}
	if _, err := Find("9.9"); err == nil || !strings.Contains(err.Error(), "recommended, 3.1, 3.2, 3.3") {
		t.Error(err)
	}
	for _, r := range Recipes() {
		if found, err := Find(r.Name); err != nil || found != r {
			t.Errorf("%s: %v", r.Name, err)
		}
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
	}
}
