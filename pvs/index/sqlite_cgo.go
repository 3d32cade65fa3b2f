//go:build cgo

package index

import (
	"database/sql"
	"errors"

	"github.com/mattn/go-sqlite3"
)

// openSQLite opens a database; it is used for the first time by the first query.
func openSQLite(name string) (*sql.DB, error) { return sql.Open("sqlite3", name) }

// troubleOf says what an error of SQLite means.
func troubleOf(err error) trouble {
	known := new(sqlite3.Error)
	if !errors.As(err, known) {
		return notSQLite
	}
	switch known.Code {
	case sqlite3.ErrFull:
		return diskFull
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return isDamaged
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm:
		return notWritable
	}
	if known.ExtendedCode == sqlite3.ErrConstraintUnique {
		return notUnique
	}
	return otherTrouble
}
