package finetune

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// look digests the bytes of the train and val photos as they are now. What was decoded of a
// source whose photos were replaced is dropped. Digests are kept beside the cached features, a
// file a list of photos, so that only files of other times are read again.
func (t *Trainer) look(ctx context.Context) (replaced []string, err error) {
	if t.bytes == nil {
		t.bytes = map[feed.Source]string{}
	}
	if err := os.MkdirAll(t.CacheDir, 0o755); err != nil {
		return nil, wholefile.Explain(err)
	}
	for _, s := range []feed.Source{t.Train, t.Val} {
		if s == nil {
			continue
		}
		found, err := feed.ContentsOf(ctx, s, filepath.Join(t.CacheDir, strings.ReplaceAll(s.Digest(), " ", "-")+".photos"),
			nil)
		if err != nil {
			return nil, err
		}
		if was, ok := t.bytes[s]; ok && was != found.Digest {
			delete(t.squares, s)
		}
		t.bytes[s] = found.Digest
		replaced = append(replaced, found.Replaced...)
	}
	if len(replaced) > 0 {
		t.Log(fmt.Sprintf("photos were replaced under the same names since they were last used: %s", few(replaced)))
	}
	return replaced, nil
}

// few names the first of many.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// checkPhotos refuses a checkpoint of photos that were replaced since. One without their digests
// is resumed, and that is said.
func (t *Trainer) checkPhotos(dir string, was, now provenance, replaced []string) error {
	switch {
	case was.Bytes == now.Bytes && was.ValBytes == now.ValBytes:
		return nil
	case was.Bytes == "" && was.ValBytes == "":
		t.once(fmt.Sprintf("the checkpoint in %s is of an older pvs and does not say which bytes its photos had: whether "+
			"any were replaced since cannot be told", dir))
		return nil
	}
	names := ""
	if len(replaced) > 0 {
		names = " (" + few(replaced) + ")"
	}
	return fmt.Errorf("%s holds a run whose photos were replaced under the same names since it was made%s: name "+
		"another folder, remove that one, or put the photos back", dir, names)
}
