package stamp

import (
	"io/fs"
	"syscall"
)

// changed is the time of the file's last change of any kind, its name's included.
func changed(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ctim.Nano()
	}
	return 0
}
