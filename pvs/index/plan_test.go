package index

import (
	"database/sql"
	"strings"
	"testing"
)

// What each search by an id asks is looked up: none of it reads all photos.
func TestLookUpsScanNothing(t *testing.T) {
	t.Parallel()
	s := made(t, []Entry{{Photo{ID: "a", Product: "mug"}, []float32{1, 0}}}).Snapshot()
	defer s.Release()
	for _, query := range []string{ofProduct, "SELECT " + photoColumns + " FROM list WHERE photo = ?",
		"SELECT key FROM photos WHERE photo = ?", "SELECT vector, crc32c FROM vectors WHERE key = ?"} {
		err := s.ask(func(q queryer) error {
			return each(t.Context(), q, func(r *sql.Rows) error {
				var id, parent, unused int
				var step string
				if err := r.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				if strings.Contains(step, "SCAN") {
					t.Errorf("%s: %s", query, step)
				}
				return nil
			}, "EXPLAIN QUERY PLAN "+query, "x")
		})
		if err != nil {
			t.Error(err)
		}
	}
}
