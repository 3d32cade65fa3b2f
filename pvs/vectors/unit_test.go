package vectors

import (
	"strings"
	"testing"
)

func TestCheckUnit(t *testing.T) {
	t.Parallel()
	good := &Set{IDs: []string{"a", "b"}, Dim: 2, Data: []float32{0.6, 0.8, 0, -1}}
	if err := good.CheckUnit(); err != nil {
		t.Error(err)
	}
	if err := (&Set{Dim: 2}).CheckUnit(); err != nil {
		t.Error("an empty set:", err)
	}
	for want, data := range map[string][]float32{
		"vector 1 (b) has the length 0":   {1, 0, 0, 0},
		"vector 0 (a) has the length 1.4": {1, 1, 0, 1},
		"do not make vectors":             {1, 0, 1},
	} {
		err := (&Set{IDs: []string{"a", "b"}, Dim: 2, Data: data}).CheckUnit()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", data, err, want)
		}
	}
}
