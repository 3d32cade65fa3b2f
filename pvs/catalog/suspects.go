package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Suspects counts product ids and categories that a spreadsheet or a database wrote in
// place of the real ones: they make one product of many.
type Suspects struct {
	columns [2]suspects // product, category
}

// Add looks at a photo's product and category.
func (s *Suspects) Add(p Photo) {
	s.columns[0].add(p.Product)
	s.columns[1].add(string(p.Category))
}

// Notes says what was found and what to do, a line for each kind of loss; none where all
// is well.
func (s *Suspects) Notes() []string {
	return append(s.columns[0].notes("product"), s.columns[1].notes("category")...)
}

// loss is a way in which an id was lost.
type loss int

const (
	intact loss = iota
	scientific
	placeholder
	date
	rounded
	shortened
)

// lossNotes say what a loss means and the way out.
var lossNotes = map[loss]string{
	scientific: "a spreadsheet has rounded long numbers, so that different ones became the same COLUMN: " +
		"format that column as text and export it again from where the numbers are whole",
	placeholder: "that stands for none, but makes one COLUMN of them all: " +
		"leave the field empty (or the photos out) where no COLUMN is known",
	date: "a spreadsheet has made dates of them, so that different ones became the same COLUMN: " +
		"format that column as text and export it again",
	shortened: "all numbers of 15 digits end in zeros, as where a spreadsheet that had shortened them was told " +
		"to show them in full: export that column again as text from where the numbers are whole, if they were others",
	rounded: "all their digits after the 15th are zeros, as a spreadsheet keeps no more: " +
		"format that column as text and export it again from where the numbers are whole",
}

// suspects are the lost values of one column with how many photos carry each.
type suspects struct {
	lost map[loss]map[string]int
	// whole and whole15 say that there is a number of more than 15 digits, or of 15, that
	// was not rounded.
	whole, whole15 bool
	// Whole numbers as they are, and those that were written with a fraction of zeros, 1.0,
	// with their photos.
	numbers map[uint64]struct{}
	floats  map[string]int
}

func (s *suspects) add(value string) {
	l := lossOf(value)
	if l == intact {
		s.addIntact(value)
		return
	}
	if s.lost == nil {
		s.lost = map[loss]map[string]int{}
	}
	if s.lost[l] == nil {
		s.lost[l] = map[string]int{}
	}
	s.lost[l][value]++
}

// addIntact remembers what tells whether others were lost.
func (s *suspects) addIntact(value string) {
	if whole, ok := fractionless(value); ok {
		if s.floats == nil {
			s.floats = map[string]int{}
		}
		s.floats[whole]++
		return
	}
	if !digits(value) {
		return
	}
	s.whole = s.whole || len(value) > keptDigits
	s.whole15 = s.whole15 || len(value) == keptDigits
	if n, err := strconv.ParseUint(value, 10, 64); err == nil && (value[0] != '0' || n == 0) {
		if s.numbers == nil {
			s.numbers = map[uint64]struct{}{}
		}
		s.numbers[n] = struct{}{}
	}
}

// fractionless takes the fraction of zeros off a number like 1.0 or 12,00.
func fractionless(value string) (whole string, ok bool) {
	i := strings.IndexAny(value, ".,")
	if i < 0 || len(value) > 24 || !digits(value[:i]) || !digits(value[i+1:]) || strings.Trim(value[i+1:], "0") != "" {
		return "", false
	}
	return value[:i], true
}

// byChance is up to how many digits may be zeros by chance, in all of a column's numbers
// together: one in 1,000 such columns has as many.
const byChance = 3

// unlikely says whether the zeros behind so many digits cannot be chance.
func unlikely(values map[string]int, kept int) bool {
	zeros := 0
	for v := range values {
		if kept > 0 {
			zeros += len(v) - kept
		} else {
			zeros += len(v) - len(strings.TrimRight(v, "0"))
		}
	}
	return zeros >= byChance
}

func (s *suspects) notes(column string) (notes []string) {
	for _, l := range []loss{scientific, placeholder, date, rounded, shortened} {
		values := s.lost[l]
		switch {
		case len(values) == 0,
			l == rounded && (s.whole || !unlikely(values, keptDigits)),
			l == shortened && (s.whole15 || !unlikely(values, 0)):
			continue
		}
		photos := 0
		for _, n := range values {
			photos += n
		}
		names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
			if values[a] != values[b] {
				return values[b] - values[a]
			}
			return strings.Compare(a, b)
		})
		notes = append(notes, fmt.Sprintf("warning: %d photos have the %s %s; %s", photos, column, first(names),
			strings.ReplaceAll(lossNotes[l], "COLUMN", column)))
	}
	return append(notes, s.doubles(column)...)
}

// doubles says which numbers are there twice, as 1 and 1.0.
func (s *suspects) doubles(column string) []string {
	photos := 0
	var names []string
	for whole, n := range s.floats {
		number, err := strconv.ParseUint(whole, 10, 64)
		if _, too := s.numbers[number]; err == nil && too {
			names = append(names, whole)
			photos += n
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	return []string{
		fmt.Sprintf("warning: %d photos have the %s %s with a fraction of zeros, as %s.0, and others without, "+
			"which makes two of each; write all of them as whole numbers, or as text", photos, column, first(names), names[0])}
}

// first shows the first of some values and how many there are more.
func first(names []string) string {
	const show = 3
	if len(names) <= show {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:show], ", "), len(names)-show)
}

// placeholders are what programs write for nothing, in small letters: spreadsheets'
// errors (German ones, too), databases' NULL, and what Python, R and people put there.
var placeholders = []string{"#n/a", "#nv", "#na", "#ref!", "#value!", "#wert!", "#bezug!", "#name?", "#div/0!",
	"#num!", "#zahl!", "#null!",
	"#####", "null", "(null)", "<null>", `\n`, "nil", "none", "(none)", "nan", "<na>", "na", "n/a", "n.a.",
	"n.a", "undefined", "unknown",
	"not available", "missing", "empty", "(empty)", "blank", "(blank)", "-", "--", "---", "\u2013", "\u2014", "?", "??",
	"???", ".", "_", "-1", "nat", "inf", "-inf"}

// keptDigits is how many digits of a number a spreadsheet keeps.
const keptDigits = 15

// lossOf tells how a value was lost, if it was.
func lossOf(value string) loss {
	value = strings.TrimSpace(value)
	switch {
	case value == "" || len(value) > 40:
		return intact
	case slices.Contains(placeholders, strings.ToLower(value)):
		return placeholder
	case isScientific(value):
		return scientific
	case isDate(value):
		return date
	case len(value) > keptDigits && digits(value) && strings.Trim(value[keptDigits:], "0") == "":
		return rounded
	case len(value) == keptDigits && digits(value) && strings.HasSuffix(value, "00"):
		return shortened
	}
	return intact
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isScientific says whether a value is a number like 1.23457E+12 or 1,23457e+12. Without
// a sign in the exponent, as in 1E5, it may be a real id.
func isScientific(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	if !found || len(exponent) < 2 || exponent[0] != '+' && exponent[0] != '-' || !digits(exponent[1:]) {
		return false
	}
	whole, fraction, point := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	return digits(whole) && len(whole) == 1 && (!point || digits(fraction))
}

// months as spreadsheets in English and German shorten them.
var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mrz",
	"m\u00e4r", "mai", "okt", "dez"}

// isDate says whether a value is what a spreadsheet makes of ids like MAR1 or 3-DEC:
// 1-Mar, Mar-01, 01. Mrz.
func isDate(s string) bool {
	parts := strings.FieldsFunc(strings.ToLower(s),
		func(r rune) bool { return r == '-' || r == '.' || r == ' ' || r == '/' })
	if len(parts) != 2 || !strings.ContainsAny(s, "-. /") {
		return false
	}
	day, month := parts[0], parts[1]
	if !digits(day) {
		day, month = month, day
	}
	return digits(day) && len(day) <= 2 && slices.Contains(months, month)
}
