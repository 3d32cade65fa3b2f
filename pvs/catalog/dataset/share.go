package dataset

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// inShare says whether a thing is among a share of all things. It depends on nothing
// but the thing's name, so a set that grows keeps its parts; the salt makes draws
// independent of each other.
func inShare(salt, name string, share float64) bool {
	sum := sha256.Sum256([]byte(salt + "\x00" + name))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11)/(1<<53) < share
}

// trainOrVal divides what is there for training: by product, or by photo where none is
// known.
func (im *importing) trainOrVal(product, photo string) catalog.Split {
	name := product
	if name == "" {
		name = photo
	}
	if inShare("val", name, im.opts.Val) {
		return catalog.Val
	}
	return catalog.Train
}
