package chart

import (
	"fmt"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// fonts are the faces in use, at scale times their sizes.
type fonts map[string]font.Face

// face returns a font of a size.
func (f fonts) face(size float64, bold bool) (font.Face, error) {
	key := fmt.Sprint(size, bold)
	if face, ok := f[key]; ok {
		return face, nil
	}
	data := goregular.TTF
	if bold {
		data = gobold.TTF
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size * scale, DPI: 72, Hinting: font.HintingNone})
	if err == nil {
		f[key] = face
	}
	return face, err
}

// width measures a line of text.
func (f fonts) width(s string, size float64, bold bool) float64 {
	face, err := f.face(size, bold)
	if err != nil {
		return 0 // the embedded fonts always parse
	}
	return float64(font.MeasureString(face, s)) / 64 / scale
}

// wrap breaks a text into lines between words; a word wider than a line has a line of its own.
func (f fonts) wrap(s string, size float64, bold bool, width float64) []string {
	var lines []string
	for _, word := range strings.Fields(s) {
		if n := len(lines); n > 0 && f.width(lines[n-1]+" "+word, size, bold) <= width {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// wrapIn breaks a text into n lines at most; what does not fit is left to the last one, which is cut where it is drawn.
func (f fonts) wrapIn(n int, s string, size float64, bold bool, width float64) []string {
	lines := f.wrap(s, size, bold, width)
	if len(lines) > n {
		lines = append(lines[:n-1], strings.Join(lines[n-1:], " "))
	}
	return lines
}

// cut shortens a line of text to a width.
func (f fonts) cut(s string, size float64, bold bool, width float64) string {
	face, err := f.face(size, bold)
	if err != nil {
		return s // the embedded fonts always parse
	}
	return fit(face, s, fixed.Int26_6(width*scale*64))
}

// fit cuts a text to a width.
func fit(face font.Face, s string, width fixed.Int26_6) string {
	if font.MeasureString(face, s) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && font.MeasureString(face, string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
