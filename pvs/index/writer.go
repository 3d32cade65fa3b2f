package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Writer changes an index. It holds the index's lock; searches go on meanwhile, in this process and in others. Its
// methods may be called by several goroutines.
type Writer struct {
	dir    string
	lock   *onewriter.Held
	db     *sql.DB
	dim    int
	origin *vectors.Origin

	waiting    sync.Mutex // of queue
	queue      []*request // that no transaction has taken yet
	writing    sync.Mutex // a transaction
	tail       int        // photos that are in no codes yet
	compacting sync.Mutex // the codes' files
	name       string     // of the index, which its codes bear, too
	now        pointer    // to the current codes
	unsettled  error      // why codes could not be made beside a change, if so
}

// OpenWriter opens the index in a folder for changes. One process at a time can: see [onewriter.ErrBusy].
func OpenWriter(dir string) (*Writer, error) {
	if err := there(dir); err != nil {
		return nil, err
	}
	lock, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	w, err := openWriter(dir)
	if err != nil {
		lock.Release()
		return nil, err
	}
	w.lock = lock
	return w, nil
}

func openWriter(dir string) (*Writer, error) {
	db, err := openForWriting(dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, db: db}
	if w.dim, w.origin, err = readKind(context.Background(), db); err == nil {
		w.name, err = metaText(context.Background(), db, "index")
	}
	if err == nil {
		err = w.recover(context.Background())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the index %s: %w", dir, explain(err)), db.Close())
	}
	return w, nil
}

// readKind reads dimension and origin of an index's vectors.
func readKind(ctx context.Context, q queryer) (dim int, origin *vectors.Origin, err error) {
	text, err := metaText(ctx, q, "dim")
	if err != nil {
		return 0, nil, err
	}
	if dim, err = strconv.Atoi(text); err != nil || dim < 1 || dim > maxDim {
		return 0, nil, tag.Error(fmt.Errorf("%s says of no dimension from 1 to %d", databaseFile, maxDim), ErrDatabase)
	}
	if text, err = metaText(ctx, q, "origin"); err != nil {
		return 0, nil, err
	}
	origin, err = vectors.UnmarshalOrigin([]byte(text))
	return dim, origin, err
}

// Dim returns the dimension of the index's vectors.
func (w *Writer) Dim() int { return w.dim }

// Origin says what made the index's vectors; nil: not known.
func (w *Writer) Origin() *vectors.Origin { return w.origin }

// Close releases the index. Its error says, too, whether codes could not be made beside a change: the change is kept,
// but searches are slower until they can be made.
func (w *Writer) Close() error {
	w.compacting.Lock()
	defer w.compacting.Unlock()
	w.writing.Lock()
	defer w.writing.Unlock()
	err := w.db.Close()
	w.lock.Release()
	return errors.Join(w.unsettled, explain(err))
}

// transaction is one of a Writer, with its statements.
type transaction struct {
	*sql.Tx
	statements map[string]*sql.Stmt
	numbers    map[string]int64 // of products and categories that were asked for
}

func (w *Writer) begin(ctx context.Context) (*transaction, error) {
	tx, err := w.db.BeginTx(ctx, nil)
	return &transaction{tx, map[string]*sql.Stmt{}, map[string]int64{}}, err
}

// undo rolls back for an error, and returns it; where ctx ended, why it did: database/sql rolls back by itself then,
// and what it says of statements after that depends on the moment.
func (t *transaction) undo(ctx context.Context, err error) error {
	rolledBack := t.Rollback()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(rolledBack, sql.ErrTxDone):
		return err
	}
	return errors.Join(err, rolledBack)
}

// prepared returns a statement, which lives as long as the transaction.
func (t *transaction) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := t.statements[query]; ok {
		return s, nil
	}
	s, err := t.PrepareContext(ctx, query)
	if err == nil {
		t.statements[query] = s
	}
	return s, err
}

func (t *transaction) run(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := t.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (t *transaction) number(ctx context.Context, query string, args ...any) (n int64, err error) {
	s, err := t.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	return n, s.QueryRowContext(ctx, args...).Scan(&n)
}

// rememberedNumbers bounds the memory of a transaction that adds millions.
const rememberedNumbers = 100_000

// numberOf returns the number of a product or a category, which is given one if it has none.
func (t *transaction) numberOf(ctx context.Context, table, column, name string) (int64, error) {
	if n, ok := t.numbers[table+name]; ok || name == "" {
		return n, nil
	}
	_, err := t.run(ctx, "INSERT INTO "+table+" ("+column+") VALUES (?) ON CONFLICT DO NOTHING", name)
	if err != nil {
		return 0, err
	}
	n, err := t.number(ctx, "SELECT number FROM "+table+" WHERE "+column+" = ?", name)
	if len(t.numbers) >= rememberedNumbers {
		t.numbers = map[string]int64{}
	}
	if err == nil {
		t.numbers[table+name] = n
	}
	return n, err
}

// insert adds a photo that is not there.
func (t *transaction) insert(ctx context.Context, e *Entry) error {
	product, err := t.numberOf(ctx, "products", "product", e.Product)
	if err != nil {
		return err
	}
	category, err := t.numberOf(ctx, "categories", "category", string(e.Category))
	if err != nil {
		return err
	}
	var fields sql.NullString
	if len(e.Fields) > 0 {
		text, err := json.Marshal(e.Fields)
		if err != nil {
			return err
		}
		fields = sql.NullString{String: string(text), Valid: true}
	}
	result, err := t.run(ctx, "INSERT INTO photos (photo, product, category, title, path, digest, fields, texts_crc32c) "+
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?)", e.ID, product, category, e.Title, e.Path, e.Digest, fields,
		e.Photo.checksum(fields.String))
	if err != nil {
		return err
	}
	key, err := result.LastInsertId()
	if err != nil {
		return err
	}
	blob := asBytes(e.Vector)
	_, err = t.run(ctx, "INSERT INTO vectors VALUES (?, ?, ?)", key, blob, int64(crc32.Checksum(blob, castagnoli)))
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// remove removes a photo, if it is there.
func (t *transaction) remove(ctx context.Context, id string) (was bool, err error) {
	key, err := t.number(ctx, "SELECT key FROM photos WHERE photo = ?", id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	for _, query := range []string{"DELETE FROM photos WHERE key = ?", "DELETE FROM vectors WHERE key = ?",
		"INSERT INTO removed (key) VALUES (?)"} {
		if err == nil {
			_, err = t.run(ctx, query, key)
		}
	}
	return true, err
}

// step gives the index's state the next number.
func (t *transaction) step(ctx context.Context) (uint64, error) {
	n, err := t.number(ctx, "UPDATE meta SET value = value + 1 WHERE name = 'changes' RETURNING value")
	return uint64(n), err
}
