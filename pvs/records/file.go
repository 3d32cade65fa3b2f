package records

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// File yields the data of each record of a TFRecord file, of this program or of
// TensorFlow. A damaged record is an error that names the file and the offset, and the
// records after it are still yielded: where its length is damaged, the next place that
// has a record's length with its checksum is searched for. A file compressed with GZIP or
// ZLIB is read as well; behind a damaged record it has no others.
func File(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, s, err := open(path, allBytes)
		if err != nil {
			yield(nil, fmt.Errorf("reading records: %w", err))
			return
		}
		defer f.Close()
		s.each(path, yield)
	}
}

// each yields the records of a file, which may be compressed.
func (s *scanner) each(path string, yield func([]byte, error) bool) {
	if kind := compressionOf(startOf(s.f)); kind != plain {
		eachCompressed(io.NewSectionReader(s.f, 0, s.size), path, kind, yield)
		return
	}
	for at := int64(0); at < s.size; {
		frame, err := s.head(at)
		var data []byte
		if err == nil {
			data, err = s.data(frame)
		}
		if err != nil {
			data, err = nil, damaged(path, at, err)
		}
		if !yield(data, err) {
			return
		}
		at = frame.next
	}
}

// open opens a file for its records.
func open(path string, readAhead int64) (*os.File, *scanner, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, &scanner{f: f, size: info.Size(), readAhead: readAhead}, nil
}

// damaged names a record.
func damaged(path string, at int64, err error) error {
	return fmt.Errorf("%s, the record at byte %d: %w; write that file again", path, at, err)
}

// frames finds where the records of a file are by their lengths alone. One with a damaged
// length has its place, too.
func frames(path string) ([]frame, error) {
	f, s, err := open(path, headBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if kind := compressionOf(startOf(f)); kind != plain {
		return nil, fmt.Errorf("%s is compressed with %s, so that its records are in no place of their own; "+
			"unpack it (gunzip), or write it again", path, kind)
	}
	var out []frame
	for at := int64(0); at < s.size; {
		frame, err := s.head(at)
		if errors.Is(err, errCut) {
			return nil, damaged(path, at, err)
		}
		out = append(out, frame)
		at = frame.next
	}
	return out, nil
}
