package backbone

import (
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// started is the one environment of ONNX Runtime that the process has, and the library that it is of.
var started struct {
	sync.Mutex
	library string
}

// start loads ONNX Runtime's shared library, once a process.
func start(library string) error {
	started.Lock()
	defer started.Unlock()
	if started.library == library {
		return nil
	}
	if started.library != "" {
		return fmt.Errorf("ONNX Runtime runs already, from %s, and cannot be taken from %s, too", started.library, library)
	}
	ort.SetSharedLibraryPath(library)
	// What goes wrong comes back as an error, too.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("ONNX Runtime's library %s could not be loaded: %w", library, err)
	}
	started.library = library
	return nil
}
