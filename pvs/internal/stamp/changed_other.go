//go:build !linux

package stamp

import "io/fs"

// changed is not asked for here: size and time of modification decide.
func changed(fs.FileInfo) int64 { return 0 }
