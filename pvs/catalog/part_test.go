package catalog

import (
	"fmt"
	"testing"
)

// Every id is in one part, parts are about as large as each other, and stay so for ever: other machines rely on it.
func TestPart(t *testing.T) {
	const parts, photos = 16, 8000
	sizes := make([]int, parts)
	for i := range photos {
		in := 0
		for n := range parts {
			if (Part{n + 1, parts}).Has(fmt.Sprint("photo-", i)) {
				in++
				sizes[n]++
			}
		}
		if in != 1 {
			t.Fatalf("photo %d is in %d parts", i, in)
		}
	}
	for n, size := range sizes {
		if size < photos/parts*8/10 || size > photos/parts*12/10 {
			t.Errorf("part %d has %d of %d photos", n+1, size, photos)
		}
	}
	// SHA-256 of "mug-17" begins with ac74ef9751b48737 (sha256sum), which is 7 modulo 16.
	if p, err := ParsePart("8/16"); err != nil || !p.Has("mug-17") || p.String() != "8/16" {
		t.Error(p, err)
	}
	if !(Part{}).Has("mug-17") || (Part{}).String() != "" {
		t.Error("the zero value is not all photos")
	}
	for _, bad := range []string{"", "3", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/4/2", "1/1000000"} {
		if p, err := ParsePart(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
}
