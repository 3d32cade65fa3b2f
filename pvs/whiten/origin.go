package whiten

import (
	"fmt"
	"regexp"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// mark is how the output of whitened vectors ends: with the first digits of the whitening's digest.
var mark = regexp.MustCompile(" whitened [0-9a-f]{12}$")

// Whitened says whether vectors were whitened. Vectors that do not say what made them do not say this either.
func Whitened(o *vectors.Origin) bool { return o.Known() && mark.MatchString(o.Output) }

func (w *Whitening) mark() string { return fmt.Sprintf(" whitened %.12s", w.Digest()) }

// originOf says that vectors are whitened, and by which whitening.
func (w *Whitening) originOf(o *vectors.Origin) *vectors.Origin {
	if !o.Known() {
		return nil
	}
	c := *o
	c.Output += w.mark()
	return &c
}

// Before is the origin that vectors had before this whitening; false: they were not whitened, or by another one.
func (w *Whitening) Before(o *vectors.Origin) (*vectors.Origin, bool) {
	if !Whitened(o) || mark.FindString(o.Output) != w.mark() {
		return nil, false
	}
	c := *o
	c.Output = c.Output[:len(c.Output)-len(w.mark())]
	return &c, true
}
