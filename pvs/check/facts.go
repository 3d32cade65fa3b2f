package check

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
)

// Facts are what is known of one photo's file once it was read.
type Facts struct {
	Bytes         int64
	Modified      int64 // Unix nanoseconds, as Changed; 0 says nothing
	Changed       int64 // of the file's entry; a file with the same Bytes, Modified and Changed is the same
	Width, Height int   // pixels, upright
	SHA256        [32]byte
	Deviation     float32 // standard deviation of the brightness, 0..255
	Prints        Fingerprints
	Problem       string // why it cannot be read; the rest is then zero
}

// stamp returns size, times and digest of the file.
func (f *Facts) stamp() stamp.Stamp {
	return stamp.Stamp{Size: f.Bytes, Modified: f.Modified, Changed: f.Changed, SHA256: f.SHA256}
}

func (f *Facts) setStamp(s stamp.Stamp) {
	f.Bytes, f.Modified, f.Changed, f.SHA256 = s.Size, s.Modified, s.Changed, s.SHA256
}

// Blank says whether the picture is of one colour.
func (f *Facts) Blank() bool { return f.Problem == "" && f.Deviation < blankDeviation }

var factColumns = []string{"file", "bytes", "modified", "changed", "width", "height", "sha256", "deviation",
	"fingerprints"}

// row is the facts of a readable photo as a line of the CSV file.
func (f *Facts) row(file string) []string {
	var prints []byte
	for _, p := range f.Prints {
		for _, v := range p {
			prints = append(prints, byte(v))
		}
	}
	return []string{file, strconv.FormatInt(f.Bytes, 10), strconv.FormatInt(f.Modified, 10),
		strconv.FormatInt(f.Changed, 10), strconv.Itoa(f.Width), strconv.Itoa(f.Height),
		hex.EncodeToString(f.SHA256[:]), strconv.FormatFloat(float64(f.Deviation), 'g', -1, 32),
		base64.RawStdEncoding.EncodeToString(prints)}
}

// parseFacts reads what row wrote.
func parseFacts(row []string) (file string, f Facts, err error) {
	if len(row) != len(factColumns) {
		return "", f, fmt.Errorf("%d fields, not %d", len(row), len(factColumns))
	}
	number := func(s string) int64 {
		v, e := strconv.ParseInt(s, 10, 64)
		err = errors.Join(err, e)
		return v
	}
	f.Bytes, f.Modified, f.Changed, f.Width, f.Height = number(row[1]), number(row[2]), number(row[3]),
		int(number(row[4])), int(number(row[5]))
	sum, e1 := hex.DecodeString(row[6])
	deviation, e2 := strconv.ParseFloat(row[7], 32)
	prints, e3 := base64.RawStdEncoding.DecodeString(row[8])
	if err = errors.Join(err, e1, e2, e3); err != nil {
		return "", f, err
	}
	if copy(f.SHA256[:], sum) != len(f.SHA256) || len(prints) != margins*FingerprintLen {
		return "", f, errors.New("a checksum or fingerprint of another length")
	}
	f.Deviation = float32(deviation)
	for m := range f.Prints {
		for i := range f.Prints[m] {
			f.Prints[m][i] = int8(prints[m*FingerprintLen+i])
		}
	}
	return row[0], f, nil
}
