// Package pieces has the parts that the kernels of pvs/effnet/cpu are made of, each by itself, so that tests can hold
// them to plain loops, for vectors of 8 and of 16 float32 and of 32 float16. Only tests import it.
//
//	for _, lanes := range pieces.Lanes() {
//		pieces.Activate(lanes, pieces.Swish, x, slopes)
//	}
package pieces
