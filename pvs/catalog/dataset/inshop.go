package dataset

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// InShop is the layout of DeepFashion's In-Shop Clothes Retrieval benchmark (Liu, Luo,
// Qiu, Wang, Tang: DeepFashion, 2016): Eval/list_eval_partition.txt, which starts with
// the number of photos and has the words image_name item_id evaluation_status, and the
// photos in Img/img, in folders like WOMEN/Dresses/id_00000002. The statuses train,
// query and gallery become train (and val), query and index.
type InShop struct{}

var (
	inShopHeader   = []string{"image_name", "item_id", "evaluation_status"}
	inShopStatuses = []struct {
		name  string
		split catalog.Split
	}{{"train", catalog.Train}, {"query", catalog.Query}, {"gallery", catalog.Index}}
)

func (k InShop) read(im *importing) error {
	if err := im.needFolder("the folder of the benchmark is wanted"); err != nil {
		return err
	}
	name, ok := im.first("Eval/list_eval_partition.txt", "list_eval_partition.txt", "Anno/list_eval_partition.txt")
	if !ok {
		return errors.New("it has no Eval/list_eval_partition.txt")
	}
	var lines []inShopLine
	count, err := im.words(name, inShopHeader, func(at place, words []string) error {
		lines = append(lines, inShopLine{at, words[0], words[1], words[2]})
		return nil
	})
	if err != nil {
		return err
	}
	if count >= 0 && count != len(lines) {
		im.bad(place{file: name},
			fmt.Errorf("it speaks of %d photos and lists %d: it is cut off or was changed", count, len(lines)))
	}
	base, err := k.base(im, lines)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if line.status != "train" && line.status != "query" && line.status != "gallery" {
			im.bad(line.at, fmt.Errorf("the status %q is none of train, query and gallery", line.status))
		}
	}
	for _, status := range inShopStatuses {
		err := im.part(status.name, func() error {
			for _, line := range lines {
				if line.status == status.name {
					if err := k.photo(im, base, line, status.split); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inShopLine is a line of the list.
type inShopLine struct {
	at                 place
	name, item, status string
}

func (k InShop) photo(im *importing, base inShopBase, line inShopLine, split catalog.Split) error {
	file := im.localPath(base.folder, base.rename(line.name))
	found, there := im.there(file, line.at)
	if !there {
		return nil
	}
	if split == catalog.Train {
		split = im.trainOrVal(line.item, line.name)
	}
	return im.put(catalog.Photo{ID: line.name, Path: found, Split: split, Product: line.item,
		Category: inShopCategory(line.name)}, line.at)
}

// inShopBase is where the photos are: the list says img/, and the large ones unpack to
// img_highres.
type inShopBase struct{ folder, img string }

func (b inShopBase) rename(listed string) string {
	if rest, ok := strings.CutPrefix(listed, "img/"); ok {
		return b.img + "/" + rest
	}
	return listed
}

// base looks for the first photos of the list.
func (k InShop) base(im *importing, lines []inShopLine) (inShopBase, error) {
	for _, b := range []inShopBase{{"Img", "img"}, {"", "img"}, {"Img", "img_highres"}, {"", "img_highres"}} {
		for _, line := range lines[:min(sampled, len(lines))] {
			if im.tree.check(joinPath(b.folder, b.rename(line.name))) == nil {
				return b, nil
			}
		}
	}
	return inShopBase{"Img", "img"}, im.needFolder("the photos of the benchmark are wanted", "Img/img")
}

// inShopCategory is what stands between img and the item: WOMEN > Dresses.
func inShopCategory(listed string) catalog.Category {
	above, _ := path.Split(strings.TrimPrefix(listed, "img/"))
	above, _ = path.Split(strings.TrimSuffix(above, "/")) // the item's folder
	return catalog.Category(strings.ReplaceAll(strings.TrimSuffix(above, "/"), "/", " > "))
}
