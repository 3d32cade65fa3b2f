package catalog

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Spellings are the Unicode forms in which a file of the same name may be on the disk:
// as it is given, composed (é as one sign, as Windows, Linux and most lists have it) and
// decomposed (e and an accent, as macOS writes it). They look the same. A name of ASCII
// has one.
func Spellings(name string) []string {
	forms := []string{name}
	for _, f := range []norm.Form{norm.NFC, norm.NFD} {
		if !f.IsNormalString(name) {
			forms = append(forms, f.String(name))
		}
	}
	return forms
}

// spelled returns the file below dir that a path means: the one of that very name where
// it is there; else one whose folders and name are in another Unicode form, or that is
// written with Windows's backslashes. A path without such a file comes back as it is.
func spelled(dir, path string) string {
	as := filepath.Join(dir, filepath.FromSlash(path))
	if plainPath(path) || there(as) {
		return as
	}
	at := dir
	for _, part := range strings.Split(strings.ReplaceAll(filepath.ToSlash(path), `\`, "/"), "/") {
		next := ""
		for _, form := range Spellings(part) {
			if f := filepath.Join(at, form); there(f) {
				next = f
				break
			}
		}
		if next == "" {
			return as
		}
		at = next
	}
	return at
}

// plainPath says whether a path can be spelled in one way only.
func plainPath(path string) bool {
	for i := range len(path) {
		if path[i] == '\\' || path[i] >= 0x80 {
			return false
		}
	}
	return true
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
