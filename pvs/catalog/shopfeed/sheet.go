package shopfeed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
	"github.com/gopvs/product-visual-search/pvs/internal/table"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// layout says which columns a table of a kind has.
type layout struct {
	columns []column
	marks   [][]string // a table with a column of each of them is of this kind
	read    func(g *gathering, s *sheet) error
}

// column is one that is read, by any of its names, in any case and with spaces or underscores.
type column struct {
	names    []string
	required bool
}

// layouts are those of the kinds that come as tables.
var layouts map[Kind]layout

func init() { // the functions refer to the table that they stand in
	layouts = map[Kind]layout{
		Shopify: {shopifyColumns, [][]string{shopifyHandle, {"image src", "product image url", "variant sku",
			"variant image url"}}, readShopify},
		WooCommerce: {wooColumns, [][]string{{"type"}, {"sku"}, {"images"}}, readWoo},
		Merchant:    {merchantColumns, [][]string{{"id"}, {"image link"}}, readMerchantTable},
		List:        {listColumns, [][]string{listAddress}, readList},
	}
}

// recognizes says whether a table with a header may be of the layout.
func (l layout) recognizes(header []string) bool {
	for _, names := range l.marks {
		if !slices.ContainsFunc(header, func(h string) bool { return slices.Contains(names, simple(h)) }) {
			return false
		}
	}
	return true
}

var between = regexp.MustCompile(`[\s_-]+`)

// simple is a column's name as it is compared.
func simple(name string) string {
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "g:")
	return strings.TrimSpace(between.ReplaceAllString(name, " "))
}

// headerOf reads the header of a text; nil if it has none.
func headerOf(head string) []string {
	t, err := table.Open(strings.NewReader(head), "")
	if err != nil {
		return nil
	}
	return t.Header()
}

// sheet is a table of a feed that is being read.
type sheet struct {
	*table.Reader
	at     map[string]int // of fields, by a column's first name
	fields []string
}

// get returns a field of the row; "" where there is no such column.
func (s *sheet) get(name string) string {
	if i, ok := s.at[name]; ok {
		return strings.TrimSpace(s.fields[i])
	}
	return ""
}

// readSheet reads a table.
func readSheet(g *gathering, data []byte, o ReadOptions, head string) error {
	open := table.Open
	if o.Latin1 {
		open = table.OpenLatin1
	}
	t, err := open(bytes.NewReader(data), g.name)
	if err != nil {
		return err
	}
	l := layouts[o.Kind]
	s := &sheet{Reader: t, at: map[string]int{}}
	var wanted, missing []string
	for _, c := range l.columns {
		i := slices.IndexFunc(t.Header(), func(h string) bool { return slices.Contains(c.names, simple(h)) })
		if i < 0 {
			if c.required {
				missing = append(missing, c.names[0])
			}
			continue
		}
		s.at[c.names[0]] = len(wanted)
		wanted = append(wanted, t.Header()[i])
	}
	if missing != nil {
		if err := another(g.name, o.Kind, head); err != nil {
			return err
		}
		return fmt.Errorf("%s is not %s: it has no column %s; its columns are %s", g.name, titles[o.Kind],
			strings.Join(missing, " and "), clipped(table.Printable(strings.Join(t.Header(), ", "))))
	}
	t.Select(wanted) // all are there
	if twice := t.Twice(); twice != "" {
		return fmt.Errorf("%s has two columns %s: rename the one that is not meant", g.name, twice)
	}
	s.fields = make([]string, len(wanted))
	return l.read(g, s)
}

// clipped shortens a list of columns, of which Shopify has eighty.
func clipped(text string) string {
	const longest = 300
	if r := []rune(text); len(r) > longest {
		return string(r[:longest]) + "..."
	}
	return text
}

// rows calls take for each row; rows that do not parse are listed.
func (s *sheet) rows(g *gathering, take func(line int)) error {
	for {
		err := s.Read(s.fields)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, table.ErrRead):
			return fmt.Errorf("%s after line %d: %w", g.name, s.Line(), err)
		case err == nil:
			err = utf8Of(s.fields)
		}
		if err != nil {
			g.bad(s.Line(), "", err)
			continue
		}
		take(s.Line())
	}
}

// utf8Of says whether a row is UTF-8, and else whether it may be Latin-1.
func utf8Of(fields []string) error {
	err := table.CheckUTF8(fields...)
	if err != nil && !slices.ContainsFunc(fields, func(f string) bool {
		return table.CheckUTF8(f) != nil && !plaintext.LooksLatin1(f)
	}) {
		return tag.Error(err, dataset.ErrNotUTF8)
	}
	return err
}
