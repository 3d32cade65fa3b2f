package dataset

import (
	"path"
)

// baseOf finds which of some folders the first paths of a list are in; the last one
// where none of them is there.
func (im *importing) baseOf(paths []string, folders ...string) string {
	for _, p := range paths {
		for _, folder := range folders {
			if im.tree.check(path.Join(folder, p)) == nil {
				return folder
			}
		}
	}
	return folders[len(folders)-1]
}

// sampled is how many paths are tried to find a list's folder.
const sampled = 100
