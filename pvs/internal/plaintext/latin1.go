package plaintext

import "strings"

// LooksLatin1 says whether a text that is not UTF-8 may be Latin-1 or Windows-1252: its
// bytes beyond ASCII are letters and signs of western European text. In the double-byte
// encodings of Chinese, Japanese and Korean, and in Cyrillic or Greek text, they stand in
// longer rows, or are bytes that stand for no usual sign.
func LooksLatin1(text string) bool {
	found := false
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && text[i+n] >= 0x80 {
			n++
		}
		if n > 0 {
			found = true
			if !latin1Run(text[i : i+n]) {
				return false
			}
		}
		i += n + 1
	}
	return found
}

// latin1Run says whether bytes beyond ASCII that stand side by side may be Latin-1: one
// letter or sign, or two of which one is a letter at least.
func latin1Run(run string) bool {
	letters := 0
	for i := range len(run) {
		switch c := run[i]; {
		case c >= 0xc0 && c != 0xd7 && c != 0xf7 || strings.IndexByte(windowsLetters, c) >= 0:
			letters++
		case c >= 0xa0 || strings.IndexByte(windowsSigns, c) >= 0:
		default:
			return false
		}
	}
	return len(run) == 1 || len(run) == 2 && letters == 2
}

// Of Windows-1252's bytes 0x80 to 0x9f, those that western texts have.
const (
	windowsLetters = "\x8a\x8c\x8e\x9a\x9c\x9e\x9f"                 // Š Œ Ž š œ ž Ÿ
	windowsSigns   = "\x80\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99" // euro, quotes, dots, dashes, trade mark
)
