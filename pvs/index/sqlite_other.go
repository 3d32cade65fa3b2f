//go:build !cgo

package index

import (
	"database/sql"
	"errors"
)

// openSQLite cannot open anything here.
func openSQLite(string) (*sql.DB, error) {
	return nil, errors.New("SQLite, which an index on disk is kept in, needs a program built with cgo (CGO_ENABLED=1)")
}

func troubleOf(error) trouble { return notSQLite }
