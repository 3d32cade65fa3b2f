package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
	"github.com/gopvs/product-visual-search/pvs/internal/table"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Columns says which columns of a file the catalogue's columns (photo, path, split,
// product, category, title) come from: {"photo": "image"}. A category can be made of
// several, from the root to the leaf: {"category": "level1,level2,leaf"}.
type Columns map[string]string

// listColumns are the keys of [Columns].
var listColumns = []string{"photo", "path", "split", "product", "category", "title"}

func (c Columns) check() error {
	for key := range c {
		if !slices.Contains(listColumns, key) {
			return fmt.Errorf("a catalogue has no column %q; its columns are %s", key, strings.Join(listColumns, ", "))
		}
	}
	return nil
}

// row is a photo as a list has it. Its strings share memory with the list's line.
type row struct {
	place
	photo, path, split, product, title string
	category                           catalog.Category
}

// list reads a CSV of photos.
type list struct {
	name   string
	file   *os.File
	table  *table.Reader
	fields []string
	at     map[string][]int // the fields of each catalogue column
	paths  int              // the field of the path
	ending string
	shared map[string]catalog.Category
}

// listOptions say how a CSV of photos is read.
type listOptions struct {
	columns  Columns
	optional []string // columns that may be missing though they are mapped
	ending   string   // added to paths that lack it
	latin1   bool
}

// openList opens a CSV, by its path in the source, and finds its columns. A column that
// is not mapped has the catalogue's name, or is not there; one that is mapped must be
// there, unless it is optional.
func (im *importing) openList(name string, opts listOptions) (*list, error) {
	f, err := os.Open(filepath.Join(im.tree.root, name))
	if err != nil {
		return nil, err
	}
	l := &list{name: name, file: f, ending: opts.ending, at: map[string][]int{}, shared: map[string]catalog.Category{}}
	if err := l.open(opts); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *list) open(opts listOptions) error {
	read := table.Open
	if opts.latin1 {
		read = table.OpenLatin1
	}
	var err error
	if l.table, err = read(l.file, l.name); err != nil {
		return err
	}
	header := table.Printable(strings.Join(l.table.Header(), ", "))
	var selected []string
	for _, column := range listColumns {
		from, mapped := opts.columns[column]
		if !mapped {
			from = column
		}
		names := strings.Split(from, ",")
		if missing := l.table.Select(trimmed(names)); missing != nil {
			if !mapped || slices.Contains(opts.optional, column) {
				continue
			}
			return tag.Error(fmt.Errorf("%s has no column %s for the %s; its columns are %s",
				l.name, strings.Join(missing, " and "), column, header), ErrColumn)
		}
		for _, one := range trimmed(names) {
			l.at[column] = append(l.at[column], len(selected))
			selected = append(selected, one)
		}
	}
	// The file may be named by either: a photo's id is its path where it has no other.
	if l.at["path"] == nil {
		l.at["path"] = l.at["photo"]
		delete(l.at, "photo")
	}
	if l.at["path"] == nil {
		return tag.Error(fmt.Errorf("%s has no column photo, which names the files; its columns are %s",
			l.name, header), ErrColumn)
	}
	l.table.Select(selected) // all are there
	if twice := l.table.Twice(); twice != "" {
		return fmt.Errorf("%s has two columns %s: rename the one that is not meant", l.name, twice)
	}
	l.fields = make([]string, len(selected))
	l.paths = l.table.Field(l.at["path"][0])
	l.table.IsRow = l.isRow
	return nil
}

// isRow says whether a line within an open quote is a row of its own: its path looks
// like one.
func (l *list) isRow(fields []string) bool {
	if len(fields) <= l.paths {
		return false
	}
	p := fields[l.paths]
	return ending(p, photoEnds) || l.ending != "" && p != "" && !strings.Contains(p, " ")
}

func trimmed(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, strings.TrimSpace(n))
	}
	return out
}

// has says whether the file has what a catalogue's column is made of.
func (l *list) has(column string) bool { return l.at[column] != nil }

func (l *list) close() { _ = l.file.Close() } // only read

// next returns the next row; io.EOF after the last. An error that is a badRow leaves
// the list usable.
func (l *list) next() (row, error) {
	err := l.table.Read(l.fields)
	if errors.Is(err, io.EOF) {
		return row{}, io.EOF
	}
	r := row{place: place{l.name, l.table.Line()}}
	if errors.Is(err, table.ErrRead) {
		return r, fmt.Errorf("%s: %w", r.place, err)
	}
	if err == nil && table.CheckUTF8(l.fields...) != nil {
		err = notUTF8(l.fields)
	}
	if err != nil {
		return r, badRow{err}
	}
	r.photo, r.path, r.split, r.product, r.title = l.one("photo"), l.one("path"), l.one("split"),
		l.one("product"), l.one("title")
	r.path = withEnding(r.path, l.ending)
	r.category = l.category()
	return r, nil
}

// notUTF8 names the way out, which is Latin-1 only where the text can be that.
func notUTF8(fields []string) error {
	const save = "it is not UTF-8; save the file as UTF-8"
	for _, f := range fields {
		if !utf8.ValidString(f) && !plaintext.LooksLatin1(f) {
			return errors.New(save + " (it is not Latin-1 either, by its bytes)")
		}
	}
	return tag.Error(errors.New(save), ErrNotUTF8)
}

func (l *list) one(column string) string {
	if at := l.at[column]; at != nil {
		return strings.TrimSpace(l.fields[at[0]])
	}
	return ""
}

// category joins the levels. Levels that are empty are left out, and a leaf that
// repeats the level above it, as lists of a fixed depth have them.
func (l *list) category() catalog.Category {
	at := l.at["category"]
	if at == nil {
		return ""
	}
	if len(at) == 1 {
		return catalog.Category(l.one("category"))
	}
	var key [6]string // the levels are joined once for each category
	if len(at) > len(key) {
		return joinLevels(l.fields, at)
	}
	for i, f := range at {
		key[i] = l.fields[f]
	}
	joined := strings.Join(key[:], "\x00")
	c, ok := l.shared[joined]
	if !ok {
		c = joinLevels(l.fields, at)
		l.shared[joined] = c
	}
	return c
}

func joinLevels(fields []string, at []int) catalog.Category {
	var levels []string
	for _, f := range at {
		if level := strings.TrimSpace(fields[f]); level != "" && (levels == nil || levels[len(levels)-1] != level) {
			levels = append(levels, level)
		}
	}
	return catalog.Category(strings.Join(levels, " > "))
}

func withEnding(p, ending string) string {
	if p == "" || strings.HasSuffix(strings.ToLower(p), strings.ToLower(ending)) {
		return p
	}
	return p + ending
}

// badRow is an error of one row.
type badRow struct{ error }

// each calls found for every row and lists those that do not parse.
func (im *importing) each(l *list, quiet bool, found func(r row) error) error {
	for {
		r, err := l.next()
		var bad badRow
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad):
			if !quiet {
				im.bad(r.place, bad.error)
			}
		case err != nil:
			return err
		default:
			if err := found(r); err != nil {
				return err
			}
		}
	}
}

// localPath makes a path as lists have it one below the source: with slashes, and
// relative also where it was written as absolute.
func (im *importing) localPath(base, listed string) string {
	if strings.Contains(listed, "://") {
		return listed // an address, which the check names
	}
	p := strings.ReplaceAll(listed, `\`, "/")
	if path.IsAbs(p) {
		if rel, err := filepath.Rel(im.tree.root, p); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
		return p
	}
	return joinPath(base, p)
}

// joinPath is path.Join without hiding that a path leads out.
func joinPath(base, p string) string {
	if base == "" || !filepath.IsLocal(p) {
		return p
	}
	return path.Join(base, p)
}
