// Package onewriter gives an output to one process at a time, by a lock of the
// operating system's, which ends with the process however that ends: a crash leaves
// nothing that blocks the next start.
//
//	lock, err := onewriter.Lock("out/index")    // a name or a folder
//	if err != nil { return err }                // errors.Is(err, onewriter.ErrBusy): somebody else writes it
//	defer lock.Release()
package onewriter
