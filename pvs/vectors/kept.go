package vectors

import "slices"

// Kept says whether NAME is a complete set of these ids, in this order, that a [Writer]
// made under the key, and whose files are those that it left: then it need not be made
// again. All values are read.
func Kept(name, key string, ids []string) bool {
	had, ok := kept(base(name), key)
	return ok && slices.Equal(had, ids)
}

// kept returns the ids of a complete set of the key.
func kept(name, key string) (ids []string, ok bool) {
	s, err := readSidecar(name)
	if err != nil || s == nil || s.Key != cleanText(key) {
		return nil, false
	}
	rows, err := OpenRows(name)
	if err != nil {
		return nil, false
	}
	defer rows.Close()
	return rows.IDs, rows.Verify() == nil
}
