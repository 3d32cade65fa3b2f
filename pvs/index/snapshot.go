package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Snapshot is one state of an index, which does not change: all that is asked of it is of that state. Its methods may
// be called by several goroutines.
type Snapshot struct {
	ix    *Index
	users atomic.Int32

	asking sync.Mutex
	conn   *sql.Conn // in a transaction that reads this state

	codes   *pointer
	state   uint64
	last    int64 // key that was given last
	removal int64 // last change of the table removed
	photos  int   // that are there
	parts   []*part

	filtering sync.Mutex
	filters   map[string]*filter
}

// attempts is how often a state is read whose codes a writer replaces meanwhile.
const attempts = 20

// newSnapshot reads the newest state; of what last, an earlier one, has only the difference is read.
func (ix *Index) newSnapshot(ctx context.Context, last *Snapshot) (s *Snapshot, err error) {
	for range attempts {
		// The pointer first: the database is then of its time or later, and tells by its number of the oldest pointer that
		// may be used whether this one is too old.
		var codes *pointer
		if codes, err = readPointer(ix.dir, ix.name); err != nil {
			return nil, err
		}
		s = &Snapshot{ix: ix, filters: map[string]*filter{}, codes: codes}
		s.users.Store(1)
		if s.conn, err = ix.db.Conn(ctx); err != nil {
			return nil, err
		}
		if _, err = s.conn.ExecContext(ctx, "BEGIN"); err == nil {
			err = s.read(ctx, last)
		}
		if err == nil {
			return s, nil
		}
		s.Release()
		if now, again := readPointer(ix.dir, ix.name); again != nil || now.Generation == codes.Generation {
			break
		}
	}
	return nil, err
}

// numbers reads what the table meta says of the state.
func (s *Snapshot) numbers(ctx context.Context) error {
	var generation int64
	for name, into := range map[string]any{"changes": &s.state, "generation": &generation} {
		text, err := metaText(ctx, s.conn, name)
		if err != nil {
			return err
		}
		if _, err := fmt.Sscan(text, into); err != nil && text != "" {
			return tag.Error(fmt.Errorf("%s says of %s %q", databaseFile, name, text), ErrDatabase)
		}
	}
	if s.codes.Generation < generation || s.codes.Changes > s.state {
		return damaged("the codes, of generation %d and change %d, are not those of %s, of %d and %d", s.codes.Generation,
			s.codes.Changes, databaseFile, generation, s.state)
	}
	return nil
}

func (s *Snapshot) read(ctx context.Context, last *Snapshot) error {
	if err := s.numbers(ctx); err != nil {
		return err
	}
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(change), 0) FROM removed").Scan(&s.removal); err != nil {
		return err
	}
	if last != nil && last.codes.Generation == s.codes.Generation {
		return s.follow(ctx, last)
	}
	return s.begin(ctx, last)
}

// begin reads a state whose codes are others than those of last, which may be nil.
func (s *Snapshot) begin(ctx context.Context, last *Snapshot) error {
	for _, of := range s.codes.Segments {
		segment := last.segmentNamed(s.ix.dir, of)
		if segment == nil {
			var err error
			if segment, err = openSegment(s.ix.dir, of, s.ix.dim); err != nil {
				return err
			}
		}
		s.parts = append(s.parts, partOf(segment))
	}
	s.parts = append(s.parts, &part{})
	s.last = s.codes.covered()
	return s.catchUp(ctx, 0)
}

// segmentNamed returns a segment that a snapshot, which may be nil, has, for another use; nil if it does not have it.
func (s *Snapshot) segmentNamed(dir string, of segmentName) *segment {
	if s == nil {
		return nil
	}
	for i, had := range s.codes.Segments {
		if had == of {
			s.parts[i].segment.users.Add(1)
			return s.parts[i].segment
		}
	}
	return nil
}

// follow reads a state with the same codes as an earlier one: the difference.
func (s *Snapshot) follow(ctx context.Context, last *Snapshot) error {
	s.last = last.last
	for _, p := range last.parts {
		if p.segment != nil {
			p.segment.users.Add(1)
		}
		c := *p
		s.parts = append(s.parts, &c)
	}
	return s.catchUp(ctx, last.removal)
}

// catchUp masks what was removed after a change, and reads the photos behind the last key.
func (s *Snapshot) catchUp(ctx context.Context, after int64) error {
	own := make([]bool, len(s.parts)) // parts whose bits are no other snapshot's
	err := each(ctx, s.conn, func(r *sql.Rows) error {
		var key int64
		if err := r.Scan(&key); err != nil {
			return err
		}
		for i, p := range s.parts {
			if row, ok := p.row(key); ok {
				if !own[i] {
					p.live, own[i] = slices.Clone(p.live), true
				}
				p.live[row/64] &^= 1 << (row % 64)
				break
			}
		}
		return nil
	}, "SELECT key FROM removed WHERE change > ?", after)
	if err != nil {
		return err
	}
	tail := s.parts[len(s.parts)-1]
	tail.live = slices.Clone(tail.live)
	if err := s.readTail(ctx, tail); err != nil {
		return err
	}
	for _, p := range s.parts {
		s.photos += p.alive()
	}
	return nil
}

// readTail reads the photos behind the last key into a part. It appends behind what other snapshots see.
func (s *Snapshot) readTail(ctx context.Context, t *part) error {
	var blob sql.RawBytes
	err := each(ctx, s.conn, func(r *sql.Rows) error {
		var key, product, category, crc int64
		if err := r.Scan(&key, &product, &category, &blob, &crc); err != nil {
			return err
		}
		if err := checkBlob(key, blob, s.ix.dim, crc); err != nil {
			return err
		}
		t.keys = append(t.keys, key)
		t.products, t.categories = append(t.products, uint32(product)), append(t.categories, uint32(category))
		t.vectors = append(t.vectors, blob...)
		s.last = key
		return nil
	}, "SELECT photos.key, product, category, vector, crc32c FROM photos JOIN vectors ON vectors.key = photos.key "+
		"WHERE photos.key > ? ORDER BY photos.key", s.last)
	t.grow()
	return err
}

// Release ends the use of a snapshot.
func (s *Snapshot) Release() {
	if s.users.Add(-1) > 0 {
		return
	}
	if s.conn != nil {
		_, _ = s.conn.ExecContext(context.Background(), "ROLLBACK") // it only read
		_ = s.conn.Close()
	}
	for _, p := range s.parts {
		if p.segment != nil {
			p.segment.release()
		}
	}
}

// State numbers the state of the index: it grows with every change.
func (s *Snapshot) State() uint64 { return s.state }

// Photos returns how many photos there are.
func (s *Snapshot) Photos() int { return s.photos }

// ask calls f with the snapshot's connection, which serves one at a time.
func (s *Snapshot) ask(f func(q queryer) error) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	if err := f(s.conn); err != nil {
		return fmt.Errorf("reading the index %s: %w", s.ix.dir, explain(err))
	}
	return nil
}

const photoColumns = "key, photo, product, category, title, path, digest, fields, texts_crc32c"

// scanPhoto reads a row of photoColumns of the view "list".
func scanPhoto(scan func(into ...any) error) (key int64, p Photo, err error) {
	var fields sql.NullString
	var sum int64
	if err = scan(&key, &p.ID, &p.Product, &p.Category, &p.Title, &p.Path, &p.Digest, &fields, &sum); err != nil {
		return 0, p, err
	}
	if p.checksum(fields.String) != sum {
		return 0, p, tag.Error(fmt.Errorf("what %s says of the photo with key %d (%q) is not what was written: take a copy "+
			"that was kept, or make the index again", databaseFile, key, p.ID), ErrDatabase)
	}
	p.Fields, err = parseFields(fields.String)
	return key, p, err
}

// Photo looks a photo up by its id; [ErrUnknown] where there is none.
func (s *Snapshot) Photo(ctx context.Context, id string) (Photo, error) {
	_, p, err := s.find(ctx, id)
	return p, err
}

func (s *Snapshot) find(ctx context.Context, id string) (key int64, p Photo, err error) {
	err = s.ask(func(q queryer) (err error) {
		key, p, err = scanPhoto(q.QueryRowContext(ctx, "SELECT "+photoColumns+" FROM list WHERE photo = ?", id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			err = tag.Error(fmt.Errorf("there is no photo %s", id), ErrUnknown)
		}
		return err
	})
	return key, p, err
}

// Vector returns a photo's vector, [Dim], of unit length; [ErrUnknown] where there is none.
func (s *Snapshot) Vector(ctx context.Context, id string) (v []float32, err error) {
	key, _, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.ask(func(q queryer) error {
		var blob []byte
		var crc int64
		err := q.QueryRowContext(ctx, "SELECT vector, crc32c FROM vectors WHERE key = ?", key).Scan(&blob, &crc)
		if err == nil {
			err = checkBlob(key, blob, s.ix.dim, crc)
		}
		v = asFloats(nil, blob)
		return err
	})
	return v, err
}

// Vectors calls take for each photo with its vector, [Dim], of unit length, in the order in which they were added, from
// a place on. The vector is only good until take returns.
func (s *Snapshot) Vectors(ctx context.Context, from int, take func(id string, v []float32) error) error {
	return s.ask(func(q queryer) error {
		var id string
		var blob sql.RawBytes
		var values []float32
		return each(ctx, q, func(r *sql.Rows) error {
			var key, crc int64
			if err := r.Scan(&key, &id, &blob, &crc); err != nil {
				return err
			}
			if err := checkBlob(key, blob, s.ix.dim, crc); err != nil {
				return err
			}
			values = asFloats(values[:0], blob)
			return take(id, values)
		}, "SELECT photos.key, photo, vector, crc32c FROM photos JOIN vectors ON vectors.key = photos.key "+
			"ORDER BY photos.key LIMIT -1 OFFSET ?", from)
	})
}

// ofProduct lists a product's photos. It asks for the product's number, as SQLite would look through all photos for its
// name in the view.
const ofProduct = "SELECT " + photoColumns + " FROM list WHERE key IN (SELECT key FROM photos WHERE product = " +
	"(SELECT number FROM products WHERE product = ? AND number <> 0)) ORDER BY key"

// Product returns the photos of a product, in the order in which they were added; [ErrUnknown] where there are none.
func (s *Snapshot) Product(ctx context.Context, product string) (photos []Photo, err error) {
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			_, p, err := scanPhoto(r.Scan)
			photos = append(photos, p)
			return err
		}, ofProduct, product)
	})
	if err == nil && len(photos) == 0 {
		err = tag.Error(fmt.Errorf("there is no product %q in the index %s", product, s.ix.dir), ErrUnknown)
	}
	return photos, err
}

// IDs lists all photos, in the order in which they were added.
func (s *Snapshot) IDs(ctx context.Context) ([]string, error) {
	return s.texts(ctx, "SELECT photo FROM photos ORDER BY key")
}

// texts lists the one column of a query.
func (s *Snapshot) texts(ctx context.Context, query string, args ...any) (list []string, err error) {
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var text string
			err := r.Scan(&text)
			list = append(list, text)
			return err
		}, query, args...)
	})
	return list, err
}

// IDsAfter lists photos in the order of their ids' bytes, those behind one, at most limit.
func (s *Snapshot) IDsAfter(ctx context.Context, after string, limit int) ([]string, error) {
	return s.texts(ctx, "SELECT photo FROM photos WHERE photo > ? ORDER BY photo LIMIT ?", after, limit)
}

// ProductNames calls take for each product that has photos.
func (s *Snapshot) ProductNames(ctx context.Context, take func(product string) error) error {
	return s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var name string
			if err := r.Scan(&name); err != nil {
				return err
			}
			return take(name)
		}, "SELECT product FROM products WHERE number <> 0 AND EXISTS (SELECT 1 FROM photos WHERE "+
			"photos.product = products.number)")
	})
}

// Checksums calls take for each photo with a number that is another one if anything of the photo changes, its vector
// included: two CRC-32C, of what is said of it and of the vector.
func (s *Snapshot) Checksums(ctx context.Context, take func(id string, sum uint64) error) error {
	return s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var id string
			var texts, vector int64
			if err := r.Scan(&id, &texts, &vector); err != nil {
				return err
			}
			return take(id, uint64(uint32(texts))<<32|uint64(uint32(vector)))
		}, "SELECT photo, texts_crc32c, crc32c FROM photos JOIN vectors ON vectors.key = photos.key ORDER BY photos.key")
	})
}

// Entries looks up photos with their vectors. Those that are not there are left out.
func (s *Snapshot) Entries(ctx context.Context, ids []string) (list []Entry, err error) {
	text, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var blob []byte
			var crc int64
			key, p, err := scanPhoto(func(into ...any) error { return r.Scan(append(into, &blob, &crc)...) })
			if err == nil {
				err = checkBlob(key, blob, s.ix.dim, crc)
			}
			list = append(list, Entry{p, asFloats(nil, blob)})
			return err
		}, "SELECT list.key, list.photo, list.product, list.category, list.title, list.path, list.digest, list.fields, "+
			"list.texts_crc32c, vector, crc32c FROM json_each(?) AS wanted CROSS JOIN list ON list.photo = wanted.value "+
			"JOIN vectors ON vectors.key = list.key",
			string(text))
	})
	return list, err
}

// FieldNames lists the further columns that photos have.
func (s *Snapshot) FieldNames(ctx context.Context) ([]string, error) {
	return s.texts(ctx,
		"SELECT DISTINCT json_each.key FROM photos, json_each(photos.fields) WHERE photos.fields IS NOT NULL")
}

// Counted is a category with the number of its photos.
type Counted struct {
	Category string `json:"category"` // "": without one
	Photos   int    `json:"photos"`   // of the category itself, without those below it
}

// Categories lists the categories that photos have, by name.
func (s *Snapshot) Categories(ctx context.Context) (list []Counted, err error) {
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var c Counted
			err := r.Scan(&c.Category, &c.Photos)
			list = append(list, c)
			return err
		}, "SELECT categories.category, count(*) FROM photos JOIN categories ON categories.number = photos.category "+
			"GROUP BY photos.category")
	})
	slices.SortFunc(list, func(a, b Counted) int { return strings.Compare(a.Category, b.Category) })
	return list, err
}

// Origin says what made the vectors; nil: not known.
func (s *Snapshot) Origin() *vectors.Origin { return s.ix.origin }
