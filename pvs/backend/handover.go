package backend

import (
	"os"
	"sync"

	"github.com/gomlx/compute"
)

// onnxLibraryEnv is the only variable by which GoMLX's ONNX Runtime backend takes its library's
// file (compute-onnx, backend.go, initializeORT).
const onnxLibraryEnv = "ONNXRUNTIME_SHARED_LIBRARY_PATH"

// handover is held while the variable is set.
var handover sync.Mutex

// startWith starts a backend whose library is handed over by that variable, and puts the
// variable back as it was.
func startWith(library, config string) (compute.Backend, error) {
	handover.Lock()
	defer handover.Unlock()
	before, set := os.LookupEnv(onnxLibraryEnv)
	if err := os.Setenv(onnxLibraryEnv, library); err != nil {
		return nil, err
	}
	defer func() {
		if set {
			_ = os.Setenv(onnxLibraryEnv, before) // it could be set a moment ago
		} else {
			_ = os.Unsetenv(onnxLibraryEnv)
		}
	}()
	return start(config)
}
