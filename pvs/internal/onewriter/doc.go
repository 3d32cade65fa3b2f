// Package onewriter lets one process at a time write an output, by a lock of the
// operating system, which ends with the process: a crash does not block the next start.
//
//	lock, err := onewriter.Lock("out/index")    // a name: of a file, or of several that belong together
//	lock, err := onewriter.LockFolder("out")    // all of a folder
//	if err != nil { return err }                // errors.Is(err, onewriter.ErrBusy): another process writes it
//	defer lock.Release()
//
// Each output is locked by what writes it, at its own level: a verb locks its folder,
// a set of vectors in it its name, and neither is in the other's way. Names are of one
// output where they lead to one file of one folder, however they are spelled.
//
// The locks are flock's, which Linux carries from machine to machine on NFS (unless it
// is mounted with nolock or local_lock, and then they hold on each machine alone). On a
// file system without locks they are taken in the system's folder for temporary files
// and hold on this machine.
package onewriter
