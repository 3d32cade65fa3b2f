package asgraph

import (
	"sync"

	"github.com/gomlx/compute"
)

var wanted sync.Map

// Want remembers a backend, for as long as the process runs.
func Want(b compute.Backend) { wanted.Store(b, true) }

// Wanted says whether networks are wanted as graphs on a backend.
func Wanted(b compute.Backend) bool {
	_, ok := wanted.Load(b)
	return ok
}
