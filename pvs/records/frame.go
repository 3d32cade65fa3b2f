package records

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// A TFRecord is the length of its data (8 bytes, little-endian), the masked CRC32C of
// those bytes, the data, and its masked CRC32C (tensorflow/core/lib/io/record_writer.h).
const (
	headSize = 12
	tailSize = 4
	// maxRecord bounds what a damaged length can make a reader take: no photo is larger.
	maxRecord = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum as TFRecord stores it (tensorflow/tsl/lib/hash/crc32c.h).
func masked(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// appendFrame appends a record.
func appendFrame(dst, data []byte) []byte {
	at := len(dst)
	dst = slices.Grow(dst, headSize+len(data)+tailSize)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(data)))
	dst = binary.LittleEndian.AppendUint32(dst, masked(dst[at:at+8]))
	dst = append(dst, data...)
	return binary.LittleEndian.AppendUint32(dst, masked(data))
}

// errLength says that where the next record begins is not known.
var errLength = errors.New("the checksum of a record's length is wrong")

// frameLength checks a record's first 12 bytes and returns its data's length.
func frameLength(head []byte) (int, error) {
	length := binary.LittleEndian.Uint64(head)
	if masked(head[:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return 0, errLength
	}
	if length > maxRecord {
		return 0, fmt.Errorf("a record claims %d bytes, more than the %d that are read", length, maxRecord)
	}
	return int(length), nil
}

// checkData checks a record's data, which its checksum follows, and returns the data.
func checkData(data []byte) ([]byte, error) {
	n := len(data) - tailSize
	if masked(data[:n]) != binary.LittleEndian.Uint32(data[n:]) {
		return nil, errors.New("the checksum of a record's data is wrong: a bit has flipped")
	}
	return data[:n:n], nil
}
