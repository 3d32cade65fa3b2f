package index

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Verified is what [Verify] looked at.
type Verified struct {
	Photos   int `json:"photos"`   // whose vectors are those that were written
	Segments int `json:"segments"` // of codes
	Rows     int `json:"rows"`     // of them, each compared with the database
	Removed  int `json:"removed"`  // rows of photos that are no more, which are masked
}

// Verify reads all of an index: the database's own check, the checksums of every vector, of what is said of every photo
// and of all files, and that codes and database are of the same photos with the same vectors. It changes nothing, and
// may run beside a writer and searches. Progress is called now and then with how many photos were read; it may be nil.
func Verify(ctx context.Context, dir string, progress func(done, total int)) (*Verified, error) {
	ix, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	if progress == nil {
		progress = func(int, int) {}
	}
	v := &Verified{Segments: len(s.codes.Segments)}
	if err := s.verify(ctx, v, progress); err != nil {
		return nil, fmt.Errorf("verifying the index %s: %w", dir, explain(err))
	}
	return v, nil
}

func (s *Snapshot) verify(ctx context.Context, v *Verified, progress func(done, total int)) error {
	for _, check := range []func(context.Context) error{s.verifyDatabase, s.verifyTables, s.verifyTexts} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	// Rows and photos are both in the order of keys: each photo has to be the next row that was not removed.
	at, row := 0, 0
	next := func() (*part, int) { // the next row
		for at < len(s.parts) && row == s.parts[at].n {
			at, row = at+1, 0
		}
		if at == len(s.parts) {
			return nil, 0
		}
		row++
		return s.parts[at], row - 1
	}
	room := make([]byte, stride(s.ix.dim))
	err := s.ask(func(q queryer) error {
		var blob sql.RawBytes
		return each(ctx, q, func(r *sql.Rows) error {
			var key, product, category, crc int64
			if err := r.Scan(&key, &product, &category, &blob, &crc); err != nil {
				return err
			}
			if err := checkBlob(key, blob, s.ix.dim, crc); err != nil {
				return err
			}
			for {
				p, i := next()
				if p == nil || p.keys[i] > key {
					return damaged("the codes lack the photo with key %d", key)
				}
				if p.live[i/64]>>(i%64)&1 == 0 {
					v.Removed++
					continue
				}
				if p.keys[i] < key || int64(p.products[i]) != product || int64(p.categories[i]) != category {
					return damaged("the codes of key %d are of another photo", p.keys[i])
				}
				if p.segment != nil {
					v.Rows++
					values, err := p.segment.readRow(i, room)
					if err == nil && !slices.Equal(values, []byte(blob)) {
						err = damaged("row %d of %s is another vector than the database's", i, p.segment.vectors.Name())
					}
					if err != nil {
						return err
					}
				}
				break
			}
			if v.Photos++; v.Photos%10_000 == 0 {
				progress(v.Photos, s.photos)
			}
			return nil
		}, "SELECT photos.key, product, category, vector, crc32c FROM photos JOIN vectors ON vectors.key = photos.key "+
			"ORDER BY photos.key")
	})
	if err != nil {
		return err
	}
	for p, i := next(); p != nil; p, i = next() {
		if p.live[i/64]>>(i%64)&1 == 1 {
			return damaged("the codes hold the photo with key %d, which is not in the database", p.keys[i])
		}
		v.Removed++
	}
	progress(v.Photos, s.photos)
	return s.verifyCodes(ctx)
}

// verifyDatabase runs SQLite's own check.
func (s *Snapshot) verifyDatabase(ctx context.Context) error {
	var said []string
	err := s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var line string
			err := r.Scan(&line)
			said = append(said, line)
			return err
		}, "PRAGMA integrity_check(3)")
	})
	if err == nil && !slices.Equal(said, []string{"ok"}) {
		err = tag.Error(fmt.Errorf("%s is damaged (%q): take a copy that was kept, or make the index again", databaseFile,
			said), ErrDatabase)
	}
	return err
}

// verifyTables checks what the tables promise each other.
func (s *Snapshot) verifyTables(ctx context.Context) error {
	for what, query := range map[string]string{
		"photos have no vector": "SELECT count(*) FROM photos WHERE key NOT IN (SELECT key FROM vectors)",
		"vectors have no photo": "SELECT count(*) FROM vectors WHERE key NOT IN (SELECT key FROM photos)",
		"photos have a product or category that is not listed": "SELECT count(*) FROM photos WHERE product NOT IN " +
			"(SELECT number FROM products) OR category NOT IN (SELECT number FROM categories)",
		"photos are there and removed at once": "SELECT count(*) FROM photos WHERE key IN (SELECT key FROM removed)",
	} {
		var n int
		err := s.ask(func(q queryer) error { return q.QueryRowContext(ctx, query).Scan(&n) })
		if err == nil && n > 0 {
			err = tag.Error(fmt.Errorf("in %s %d %s: take a copy that was kept, or make the index again", databaseFile, n, what),
				ErrDatabase)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// verifyTexts compares what is said of each photo with its checksum.
func (s *Snapshot) verifyTexts(ctx context.Context) error {
	return s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			_, _, err := scanPhoto(r.Scan)
			return err
		}, "SELECT "+photoColumns+" FROM list ORDER BY key")
	})
}

// verifyCodes makes every code again and compares.
func (s *Snapshot) verifyCodes(ctx context.Context) error {
	jobs := s.stretches(block)
	return inParallel(ctx, len(jobs), func(next func() (int, bool)) error {
		room := make([]byte, block*stride(s.ix.dim))
		code := make([]uint64, codes.Words(s.ix.dim))
		values := make([]float32, 0, s.ix.dim)
		for {
			j, ok := next()
			if !ok {
				return nil
			}
			p := s.parts[jobs[j].part]
			if p.segment == nil {
				continue
			}
			data, each, err := p.read(jobs[j], s.ix.dim, room)
			if err != nil {
				return err
			}
			e := codes.NewEncoder(p.segment.rotation, p.segment.centre)
			for row := jobs[j].from; row < jobs[j].to; row++ {
				values = asFloats(values[:0], data[(row-jobs[j].from)*each:][:4*s.ix.dim])
				factor := e.Encode(values, code)
				if factor != p.segment.factors[row] || !slices.Equal(code, p.segment.bits[row*len(code):][:len(code)]) {
					return damaged("the code of row %d in %s is not that of its vector", row, filepath.Join(p.segment.name, bitsFile))
				}
			}
		}
	})
}
