// Package pieces has the parts that the C code of pvs/effnet/cpu is made of, each by itself, so that tests can hold
// them to plain loops, for vectors of 8 and of 16 float32 and of 32 float16. Only tests import it.
//
//	for _, lanes := range pieces.Lanes() {
//		pieces.Activate(lanes, pieces.Swish, x, derivatives)
//	}
package pieces
