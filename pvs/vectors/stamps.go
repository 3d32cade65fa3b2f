package vectors

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// NAME.stamps holds, behind 8 bytes, a stamp of each row's photo: size, times and
// SHA-256 in 56 bytes, little-endian, so that a row's can be written in its place.
const (
	stampMagic = "pvsstmp1"
	stampSize  = 3*8 + sha256.Size
)

// ReadStamps reads the stamps of the photos that a set was made from, in the order of
// its rows. Sets that were not made from photos have none, which is errors.Is fs.ErrNotExist.
func ReadStamps(name string) ([]stamp.Stamp, error) {
	path := base(name) + ".stamps"
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	stamps, err := readStamps(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; remove it and embed again", path, err)
	}
	return stamps, nil
}

// readStamps reads all whole stamps.
func readStamps(f *os.File) ([]stamp.Stamp, error) {
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if len(data) < len(stampMagic) || string(data[:len(stampMagic)]) != stampMagic {
		return nil, errors.New("it holds no stamps of photos")
	}
	data = data[len(stampMagic):]
	stamps := make([]stamp.Stamp, len(data)/stampSize)
	for i := range stamps {
		at := data[i*stampSize:]
		s := &stamps[i]
		for j, to := range []*int64{&s.Size, &s.Modified, &s.Changed} {
			*to = int64(binary.LittleEndian.Uint64(at[8*j:]))
		}
		copy(s.SHA256[:], at[24:])
	}
	return stamps, nil
}

func appendStamp(data []byte, s stamp.Stamp) []byte {
	for _, v := range []int64{s.Size, s.Modified, s.Changed} {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return append(data, s.SHA256[:]...)
}

// stampPlace is where row i's stamp is in the file.
func stampPlace(i int) int64 { return int64(len(stampMagic)) + int64(i)*stampSize }

func allStamps(stamps []stamp.Stamp) []byte {
	data := make([]byte, 0, stampPlace(len(stamps)))
	data = append(data, stampMagic...)
	for _, s := range stamps {
		data = appendStamp(data, s)
	}
	return data
}

func writeStamps(path string, stamps []stamp.Stamp) error {
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(allStamps(stamps))
		return err
	})
}

// digestPhotos is the SHA-256 of the photos' digests.
func digestPhotos(stamps []stamp.Stamp) string {
	h := sha256.New()
	for i := range stamps {
		h.Write(stamps[i].SHA256[:]) // a hash's Write does not fail
	}
	return hex.EncodeToString(h.Sum(nil))
}
