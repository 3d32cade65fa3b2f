package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// databaseFile is the SQLite file with all that the index is of; docs/index.md describes its tables.
const databaseFile = "index.db"

const (
	applicationID = 0x70767378 // "pvsx", by which the program file tells index.db
	formatVersion = 1
)

// schema makes the tables. A photo's key is given once and never again (AUTOINCREMENT): whatever changes of a photo, it
// gets a new key, so that what was derived of a key stays right for ever. Keys of photos that were removed are listed
// in "removed" until no codes hold them. Number 0 stands for no product and no category.
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE products (number INTEGER PRIMARY KEY, product TEXT NOT NULL UNIQUE);
CREATE TABLE categories (number INTEGER PRIMARY KEY, category TEXT NOT NULL UNIQUE);
CREATE TABLE photos (key INTEGER PRIMARY KEY AUTOINCREMENT, photo TEXT NOT NULL UNIQUE, product INTEGER NOT NULL,
	category INTEGER NOT NULL, title TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, fields TEXT,
	texts_crc32c INTEGER NOT NULL);
CREATE INDEX photos_product ON photos (product);
CREATE INDEX photos_category ON photos (category);
CREATE TABLE vectors (key INTEGER PRIMARY KEY, vector BLOB NOT NULL, crc32c INTEGER NOT NULL);
CREATE TABLE removed (change INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL);
CREATE VIEW list AS SELECT photos.key, photo, coalesce(products.product, '') AS product,
	coalesce(categories.category, '') AS category, title, path, digest, fields, texts_crc32c FROM photos
	LEFT JOIN products ON products.number = photos.product
	LEFT JOIN categories ON categories.number = photos.category;
INSERT INTO products VALUES (0, '');
INSERT INTO categories VALUES (0, '');
`

// pageSize of the database, in bytes: some vectors fit a page.
const pageSize = 16384

// busyTimeout is how long a statement waits for another process's, in milliseconds.
const busyTimeout = 10_000

// waiting is the driver's option for it.
var waiting = fmt.Sprint("_busy_timeout=", busyTimeout)

// source is how the driver is told of a database file.
func source(path string, options ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return u.String() + "?" + strings.Join(options, "&")
}

// openForReading opens the database of a folder. Where nothing can be written beside it, and nobody is writing it, it
// is read as a file that does not change.
func openForReading(dir string) (*sql.DB, error) {
	path := filepath.Join(dir, databaseFile)
	if err := there(dir); err != nil {
		return nil, err
	}
	db, err := tryReading(source(path, "mode=ro", waiting))
	if troubleOf(err) == notWritable {
		if wal, none := os.Stat(path + "-wal"); none != nil || wal.Size() == 0 {
			db, err = tryReading(source(path, "mode=ro", "immutable=1"))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("opening the index %s: %w", dir, explain(err))
	}
	return db, nil
}

func tryReading(name string) (*sql.DB, error) {
	db, err := openSQLite(name)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(idleConnections)
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// idleConnections are kept for the next snapshots.
const idleConnections = 8

// there says whether a folder holds an index, in one sentence if not.
func there(dir string) error {
	_, err := os.Stat(filepath.Join(dir, databaseFile))
	switch _, noFolder := os.Stat(dir); {
	case err == nil:
		return nil
	case errors.Is(noFolder, fs.ErrNotExist):
		return tag.Error(fmt.Errorf("there is no folder %s, and so no index", dir), ErrNone)
	case errors.Is(err, fs.ErrNotExist):
		return tag.Error(fmt.Errorf("the folder %s holds no index: it has no %s", dir, databaseFile), ErrNone)
	}
	return fmt.Errorf("opening the index %s: %w", dir, err)
}

// openForWriting opens the database of a folder whose lock is held. Every committed transaction is on the disk.
func openForWriting(dir string) (*sql.DB, error) {
	db, err := openSQLite(source(filepath.Join(dir, databaseFile), "mode=rw", waiting,
		"_journal_mode=WAL", "_synchronous=FULL", "_txlock=immediate"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the index %s: %w", dir, explain(err)), db.Close())
	}
	return db, nil
}

// checkFormat says whether this program can read the database.
func checkFormat(db *sql.DB) error {
	var app, version, tables int
	for pragma, into := range map[string]*int{"application_id": &app, "user_version": &version} {
		if err := db.QueryRow("PRAGMA " + pragma).Scan(into); err != nil {
			return err
		}
	}
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case app == 0 && version == 0:
		return tag.Error(errors.New("making it was interrupted; make it again"), ErrUnfinished)
	case app != applicationID:
		return tag.Error(fmt.Errorf("its %s is another program's", databaseFile), ErrNone)
	case version > formatVersion:
		return tag.Error(fmt.Errorf("it has the format %d of a newer version of this program, which knows up to %d: "+
			"take that version", version, formatVersion), ErrNewer)
	}
	return nil
}

// trouble is what an error of SQLite means.
type trouble int

const (
	notSQLite trouble = iota
	diskFull
	isDamaged
	notWritable
	notUnique
	otherTrouble
)

// explain turns errors of SQLite into what they mean for an index.
func explain(err error) error {
	switch troubleOf(err) {
	case notSQLite:
		return wholefile.Explain(err)
	case diskFull:
		return tag.Error(errors.New("the disk is full; free some space and try again: what was acknowledged before is kept"),
			ErrFull)
	case isDamaged:
		return tag.Error(fmt.Errorf("%s is damaged (%w): take a copy that was kept, or make the index again", databaseFile,
			err), ErrDatabase)
	case notWritable:
		return tag.Error(fmt.Errorf("%s or its folder may not be written here (%w)", databaseFile, err), ErrReadOnly)
	}
	return err
}

// queryer is a database, a connection or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// each calls take for every row of a query; take scans it.
func each(ctx context.Context, q queryer, take func(r *sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// metaText reads a value of the table meta; "" where there is none.
func metaText(ctx context.Context, q queryer, name string) (string, error) {
	var value string
	err := q.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, err
}

func setMeta(ctx context.Context, q queryer, name string, value any) error {
	_, err := q.ExecContext(ctx, "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
		name, value)
	return err
}
