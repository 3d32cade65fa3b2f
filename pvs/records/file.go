package records

import (
	"errors"
	"fmt"
	"iter"
	"os"
)

// File yields the data of each record of a TFRecord file, of this program or of
// TensorFlow. A damaged record is an error that names the file and the offset; after
// one whose data alone is damaged the next is yielded, after a damaged length there is
// no knowing where it begins and nothing follows.
func File(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, fmt.Errorf("reading records: %w", err))
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			yield(nil, err)
			return
		}
		for at := int64(0); at < info.Size(); {
			data, next, err := readFrame(f, at, info.Size())
			if err != nil {
				err = damaged(path, at, err)
			}
			if !yield(data, err) {
				return
			}
			at = next
		}
	}
}

// damaged names a record.
func damaged(path string, at int64, err error) error {
	return fmt.Errorf("%s, the record at byte %d: %w; write that shard again", path, at, err)
}

// offsets finds where the records of a file begin by their lengths alone.
func offsets(path string) ([]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var out []int64
	var head [headSize]byte
	for at := int64(0); at < info.Size(); {
		if _, err := f.ReadAt(head[:], at); err != nil {
			return nil, damaged(path, at, errors.New("the file is cut off within a record"))
		}
		n, err := frameLength(head[:])
		if err != nil {
			return nil, damaged(path, at, err)
		}
		out = append(out, at)
		at += headSize + int64(n) + tailSize
		if at > info.Size() {
			return nil, damaged(path, out[len(out)-1], errors.New("the file is cut off within a record"))
		}
	}
	return out, nil
}
