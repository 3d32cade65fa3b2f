package tag_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

var errKind = errors.New("a kind")

func Example() {
	err := fmt.Errorf("reading: %w", tag.Error(io.ErrUnexpectedEOF, errKind))
	fmt.Println(err)
	fmt.Println(errors.Is(err, errKind), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF))
	// Output:
	// reading: unexpected EOF
	// true true false
}

func TestNil(t *testing.T) {
	if err := tag.Error(nil, errKind); err != nil {
		t.Error(err)
	}
}
