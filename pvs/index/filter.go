package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// filter is which photos of a snapshot may be results.
type filter struct {
	allowed [][]uint64 // part by part, a bit a row
	photos  int        // how many are allowed
}

// rememberedFilters bounds how many a snapshot keeps: a bit a photo each.
const rememberedFilters = 64

// filter returns the photos that a query's Category and Where leave.
func (s *Snapshot) filter(ctx context.Context, q *Query) (*filter, error) {
	if q.Category == "" && len(q.Where) == 0 {
		f := &filter{photos: s.photos}
		for _, p := range s.parts {
			f.allowed = append(f.allowed, p.live)
		}
		return f, nil
	}
	name := q.Category
	for _, field := range slices.Sorted(maps.Keys(q.Where)) {
		name += fmt.Sprintf("\x00%s\x00%s", field, q.Where[field])
	}
	s.filtering.Lock()
	f, known := s.filters[name]
	s.filtering.Unlock()
	if known {
		return f, nil
	}
	f, err := s.newFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	s.filtering.Lock()
	defer s.filtering.Unlock()
	if len(s.filters) >= rememberedFilters {
		clear(s.filters)
	}
	s.filters[name] = f
	return f, nil
}

func (s *Snapshot) newFilter(ctx context.Context, q *Query) (*filter, error) {
	f := &filter{}
	for _, p := range s.parts {
		f.allowed = append(f.allowed, slices.Clone(p.live))
	}
	if q.Category != "" {
		if err := s.inCategory(ctx, q.Category, f); err != nil {
			return nil, err
		}
	}
	for _, field := range slices.Sorted(maps.Keys(q.Where)) {
		if err := s.where(ctx, field, q.Where[field], f); err != nil {
			return nil, err
		}
	}
	for _, words := range f.allowed {
		f.photos += ones(words)
	}
	return f, nil
}

// inCategory leaves the photos of a category and of those below it.
func (s *Snapshot) inCategory(ctx context.Context, category string, f *filter) error {
	wanted := map[uint32]bool{}
	err := s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var number uint32
			err := r.Scan(&number)
			wanted[number] = true
			return err
		}, "SELECT number FROM categories WHERE category = ?1 OR substr(category, 1, length(?1) + 3) = ?1 || ' > '", category)
	})
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		return tag.Error(fmt.Errorf("there is no category %q in the index %s", category, s.ix.dir), ErrUnknown)
	}
	for i, p := range s.parts {
		for row, number := range p.categories[:p.n] {
			if !wanted[number] {
				f.allowed[i][row/64] &^= 1 << (row % 64)
			}
		}
	}
	return nil
}

// columnsOf are the fields that every index has, and how the database finds them.
var columnsOf = map[string]string{
	"product": "product = (SELECT number FROM products WHERE product = ?)",
	"title":   "title = ?", "path": "path = ?", "digest": "digest = ?",
}

// where leaves the photos with a value of a field.
func (s *Snapshot) where(ctx context.Context, field, value string, f *filter) error {
	condition, args := columnsOf[field], []any{value}
	if condition == "" {
		condition, args = "fields ->> ? = ?", []any{field, value}
	}
	left := make([][]uint64, len(s.parts))
	for i, p := range s.parts {
		left[i] = make([]uint64, len(p.live))
	}
	found := false
	err := s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var key int64
			if err := r.Scan(&key); err != nil {
				return err
			}
			found = true
			for i, p := range s.parts {
				if row, ok := p.row(key); ok {
					left[i][row/64] |= 1 << (row % 64)
					break
				}
			}
			return nil
		}, "SELECT key FROM photos WHERE "+condition, args...)
	})
	if err == nil && !found {
		err = s.nothingOf(ctx, field, value)
	}
	for i, words := range f.allowed {
		for j := range words {
			words[j] &= left[i][j]
		}
	}
	return err
}

// nothingOf says why no photo has a value: there is no such product, or no photo has the field. Other values may be
// rightly without a photo.
func (s *Snapshot) nothingOf(ctx context.Context, field, value string) error {
	if field == "product" {
		return tag.Error(fmt.Errorf("there is no product %q in the index %s", value, s.ix.dir), ErrUnknown)
	}
	if columnsOf[field] != "" {
		return nil
	}
	one := 0
	err := s.ask(func(q queryer) error {
		err := q.QueryRowContext(ctx, "SELECT 1 FROM photos WHERE fields ->> ? IS NOT NULL LIMIT 1", field).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return err
	})
	if err == nil && one == 0 {
		err = tag.Error(fmt.Errorf("no photo in the index %s has a field %q%s", s.ix.dir, field, s.fieldNames(ctx)),
			ErrUnknown)
	}
	return err
}

// fieldNames lists the fields that there are, for a sentence.
func (s *Snapshot) fieldNames(ctx context.Context) string {
	names := slices.Collect(maps.Keys(columnsOf))
	_ = s.ask(func(q queryer) error { // without them the sentence is shorter
		return each(ctx, q, func(r *sql.Rows) error {
			var name string
			err := r.Scan(&name)
			names = append(names, name)
			return err
		}, "SELECT DISTINCT key FROM (SELECT fields FROM photos WHERE fields IS NOT NULL LIMIT 1000), json_each(fields)")
	})
	slices.Sort(names)
	return ": there are " + strings.Join(names, ", ")
}
