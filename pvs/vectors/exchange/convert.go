package exchange

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Options of [Convert].
type Options struct {
	// IDs names a file with one id a line, for TFRecords without a manifest: the record
	// with idx i is of line i, from 0. Without it the idx itself is the id.
	IDs        string
	ShardBytes int64 // of TFRecord shards; 0: 128 MiB
	SkipBad    bool  // leave out damaged records and vectors, and list them
	Progress   func(done, total int)
	Log        func(string) // gets a line before vectors of another origin are replaced; may be nil
}

// replacing says that vectors are replaced, if they are others.
func (o Options) replacing(line string) {
	if o.Log != nil && line != "" {
		o.Log(line)
	}
}

// Summary says what was converted.
type Summary struct {
	Vectors, Dim int
	Shards       int      // that were written
	Manifest     string   // of the shards
	Skipped      []string // a line each
	Notes        []string // what should be known of the input
	// Origin says what made the vectors, as it was carried over; nil where the file that
	// was read does not say.
	Origin *vectors.Origin
}

// format is what a file's name says of its contents.
type format int

const (
	npy format = iota
	parquetFile
	tfrecord
)

// CheckNames refuses names that are of no files that are read or written.
func CheckNames(in, out string) error {
	from, err := formatOf(in)
	if err != nil {
		return err
	}
	to, err := formatOf(out)
	if err != nil {
		return err
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file in it, as in %s", out, filepath.Join(out, "index.tfrecord"))
	}
	if err := vectors.CheckName(strings.TrimSuffix(out, filepath.Ext(out))); err != nil {
		return err
	}
	if from == to && from != tfrecord {
		return fmt.Errorf("%s and %s are of one kind: there is nothing to convert, copy the files", in, out)
	}
	if from != npy && to != npy {
		return fmt.Errorf("one of %s and %s must be a .npy; convert to that first", in, out)
	}
	return nil
}

func formatOf(name string) (format, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return tfrecord, nil
	}
	switch end := strings.ToLower(filepath.Ext(name)); {
	case end == ".npy":
		return npy, nil
	case end == ".parquet" || end == ".pq":
		return parquetFile, nil
	case end == ".json" || records.IsFile(filepath.Base(name)):
		return tfrecord, nil
	default:
		return 0, fmt.Errorf("%s ends in none of .npy, .parquet, .tfrecord and .json, the manifest of TFRecord shards", name)
	}
}

// Convert writes the vectors of one file, or folder of TFRecords, as another, by what
// their names end in. Files appear whole or not at all; converting to .npy and to TFRecord
// goes on after an interruption.
func Convert(ctx context.Context, in, out string, opts Options) (Summary, error) {
	if err := CheckNames(in, out); err != nil {
		return Summary{}, err
	}
	from, _ := formatOf(in) // both were checked
	to, _ := formatOf(out)
	if opts.Progress == nil {
		opts.Progress = func(done, total int) {}
	}
	if to == tfrecord && slices.Contains([]string{".gz", ".gzip", ".zlib", ".z"}, strings.ToLower(filepath.Ext(out))) {
		return Summary{}, fmt.Errorf("%s would be compressed, but shards are written as they are, "+
			"to be read from any place; leave out that ending", out)
	}
	if _, _, counted := records.ShardOf(filepath.Base(out)); to == tfrecord && counted {
		return Summary{}, fmt.Errorf("%s names one file of a set; name the set, NAME.tfrecord: "+
			"how many files it takes, the vectors say", out)
	}
	if from != npy && to == npy { // before the manifest is read, which may be the one in the way
		if err := stepAside(strings.TrimSuffix(out, filepath.Ext(out))); err != nil {
			return Summary{}, err
		}
	}
	switch {
	case opts.IDs != "" && from != tfrecord:
		return Summary{}, fmt.Errorf("%s has its ids; a file of ids is for TFRecords", in)
	case from == npy && to == parquetFile:
		return toParquet(ctx, in, out, opts)
	case from == npy && to == tfrecord:
		return toRecords(ctx, in, out, opts)
	case to == npy && from == parquetFile:
		if _, err := os.Stat(in); errors.Is(err, os.ErrNotExist) {
			return Summary{}, fmt.Errorf("there is no %s", in)
		}
		return toNPY(ctx, &parquetSource{path: in}, out, opts)
	case to == npy && from == tfrecord:
		s, err := openRecords(in, opts.IDs)
		if err != nil {
			return Summary{}, err
		}
		summary, err := toNPY(ctx, s, out, opts)
		summary.Notes = append(summary.Notes, s.notes...)
		return summary, err
	}
	return Summary{}, fmt.Errorf("%s cannot be converted to %s", in, out)
}

// toRecords writes shards.
func toRecords(ctx context.Context, in, out string, opts Options) (Summary, error) {
	key, err := keyOf([]string{in})
	if err != nil {
		return Summary{}, err
	}
	rows, origin, err := openRows(in)
	if err != nil {
		return Summary{}, err
	}
	defer rows.Close()
	if err := still(key, []string{in}); err != nil { // what is read from now on is of this file
		return Summary{}, err
	}
	name := strings.TrimSuffix(out, filepath.Ext(out))
	manifest := manifestOf(name)
	opts.replacing(replacedRecords(manifest, rows.Origin))
	m, err := records.WriteVectors(ctx, name, rows.IDs, rows.Dim, func(i int, dst []float32) error {
		if err := rows.Read(i, dst); err != nil {
			return err
		}
		return finite(dst)
	}, records.VectorOptions{ShardBytes: opts.ShardBytes, Key: key, Origin: origin, Manifest: manifest,
		Progress: opts.Progress, Log: opts.Log})
	if err != nil {
		return Summary{}, err
	}
	return Summary{Vectors: m.Records, Dim: m.Dim, Shards: len(m.Shards), Manifest: manifest, Origin: rows.Origin}, nil
}

// openRows opens NAME.npy, makes sure that its values are those that NAME.json is about,
// and returns what that says for another file's metadata.
func openRows(in string) (*vectors.Rows, []byte, error) {
	rows, err := vectors.OpenRows(in)
	if err != nil {
		return nil, nil, err
	}
	origin, err := vectors.MarshalOrigin(rows.Origin)
	if err == nil {
		err = rows.Verify()
	}
	if err != nil {
		rows.Close()
		return nil, nil, err
	}
	return rows, origin, nil
}

// finite says what is wrong with a vector's values.
func finite(vector []float32) error {
	for d, v := range vector {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("it holds %g at place %d; embed that photo again", v, d)
		}
	}
	return nil
}

// still says when files are not those any more that a key is of.
func still(key string, files []string) error {
	now, err := keyOf(files)
	if err != nil || now != key {
		err = fmt.Errorf("%s was written anew while it was read; start again", files[0])
	}
	return err
}

// keyOf tells versions of files apart, so that a conversion goes on only with the same.
func keyOf(files []string) (string, error) {
	key := "convert"
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		key += fmt.Sprintf(" %q %s", f, stamp.Quick(info))
	}
	return key, nil
}
