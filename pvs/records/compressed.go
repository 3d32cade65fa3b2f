package records

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// Compression of whole TFRecord files, as tf.io.TFRecordOptions names it.
type compression string

const (
	plain     compression = ""
	gzipped   compression = "GZIP"
	zlibbed   compression = "ZLIB"
	zstandard compression = "Zstandard" // is told, but not read
)

// compressionOf tells how a file is compressed by its first bytes. Those of a TFRecord
// file itself carry a checksum.
func compressionOf(start []byte) compression {
	if len(start) >= headSize {
		if _, err := frameLength(start[:headSize]); err == nil {
			return plain
		}
	}
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b\x08")):
		return gzipped
	case bytes.HasPrefix(start, []byte("\x28\xb5\x2f\xfd")):
		return zstandard
	case len(start) >= 2 && start[0] == 0x78 && (int(start[0])<<8|int(start[1]))%31 == 0: // RFC 1950
		return zlibbed
	}
	return plain
}

// startOf reads a file's first bytes.
func startOf(f io.ReaderAt) []byte {
	start := make([]byte, headSize)
	n, _ := f.ReadAt(start, 0) // a shorter file is told by what there is
	return start[:n]
}

// eachCompressed yields the records of a compressed file. Behind a damaged one no other is
// found, so it ends there.
func eachCompressed(f io.Reader, path string, kind compression, yield func([]byte, error) bool) {
	bad := func(err error) {
		yield(nil, fmt.Errorf("%s, compressed with %s: %w; what follows is lost: write that file again", path, kind, err))
	}
	var r io.Reader
	var err error
	switch from := bufio.NewReaderSize(f, allBytes); kind {
	case gzipped:
		r, err = gzip.NewReader(from)
	case zlibbed:
		r, err = zlib.NewReader(from)
	default:
		err = errors.New("this compression is not read: unpack the file, or write it with GZIP")
	}
	if err != nil {
		bad(err)
		return
	}
	r = bufio.NewReaderSize(r, allBytes)
	head := make([]byte, headSize)
	for n := 0; ; n++ {
		_, err := io.ReadFull(r, head)
		if err == io.EOF {
			return
		}
		var data []byte
		if err == nil {
			data, err = readData(r, head)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errCut
		}
		if err != nil {
			bad(fmt.Errorf("record %d: %w", n, err))
			return
		}
		if !yield(data, nil) {
			return
		}
	}
}

// readData reads what follows a record's head. A length that the file does not have takes
// no more memory than what is there.
func readData(r io.Reader, head []byte) ([]byte, error) {
	n, err := frameLength(head)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if _, err := io.CopyN(&data, r, int64(n)+tailSize); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return checkData(data.Bytes())
}
