package records

import (
	"encoding/binary"
	"errors"
	"io"
)

// scanner goes through the records of a file in order.
type scanner struct {
	f         io.ReaderAt
	size      int64
	readAhead int64  // how much is read at once
	chunk     []byte // what was read last, from the offset start on
	start     int64
}

// How much is read at once: of records in order, and of heads alone.
const (
	allBytes  = 1 << 20
	headBytes = headSize
)

// bytes returns n bytes from an offset on, which must be in the file. They stay valid:
// chunks are not used again.
func (s *scanner) bytes(at int64, n int) ([]byte, error) {
	if at < s.start || at+int64(n) > s.start+int64(len(s.chunk)) {
		chunk := make([]byte, min(max(int64(n), s.readAhead), s.size-at))
		if _, err := s.f.ReadAt(chunk, at); err != nil {
			return nil, err
		}
		s.chunk, s.start = chunk, at
	}
	from := at - s.start
	return s.chunk[from : from+int64(n) : from+int64(n)], nil
}

// errCut says that the file ends within a record.
var errCut = errors.New("the file is cut off within a record")

// frame is a record's place in a file.
type frame struct {
	at     int64 // of its length
	length int   // of its data; -1: its head is damaged
	next   int64 // where the next record is, or is found after a damaged head
}

// head reads a record's length. After one that is damaged, next is where another record's
// head is found, or the end of the file.
func (s *scanner) head(at int64) (frame, error) {
	if s.size-at < headSize {
		return frame{at, -1, s.size}, errCut
	}
	head, err := s.bytes(at, headSize)
	if err != nil {
		return frame{at, -1, s.size}, err
	}
	n, err := frameLength(head)
	if err != nil {
		next, found := s.search(at + 1)
		if found != nil {
			return frame{at, -1, s.size}, found
		}
		return frame{at, -1, next}, err
	}
	f := frame{at, n, at + headSize + int64(n) + tailSize}
	if f.next > s.size {
		return frame{at, -1, s.size}, errCut
	}
	return f, nil
}

// data reads and checks a record's data.
func (s *scanner) data(f frame) ([]byte, error) {
	data, err := s.bytes(f.at+headSize, f.length+tailSize)
	if err != nil {
		return nil, err
	}
	return checkData(data)
}

// search finds the next offset at which a record's head is whole, which by chance is one
// in four thousand million; else the file's end.
func (s *scanner) search(at int64) (int64, error) {
	before := s.readAhead
	s.readAhead = allBytes
	defer func() { s.readAhead = before }()
	for ; s.size-at >= headSize; at++ {
		head, err := s.bytes(at, headSize)
		if err != nil {
			return s.size, err
		}
		// The length tells most places apart without a checksum.
		if length := binary.LittleEndian.Uint64(head); length > uint64(s.size-at) {
			continue
		}
		if _, err := frameLength(head); err == nil {
			return at, nil
		}
	}
	return s.size, nil
}
