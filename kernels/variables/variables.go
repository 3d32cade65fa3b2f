package variables

import (
	"os"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// Names of the variables.
const (
	GoMLXBackend = "GOMLX_BACKEND"                   // the backend of everything, on which networks run as graphs
	ONNXRuntime  = "ONNXRUNTIME_SHARED_LIBRARY_PATH" // ONNX Runtime's library
	NoInstall    = "GOMLX_NO_AUTO_INSTALL"           // leaves GoMLX's installers alone, whatever it says
	Cache        = "PVS_CACHE"                       // the folder of what is downloaded and installed
	Smoke        = "PVS_SMOKE"                       // 1: notebooks at the scale of their test
	Work         = "PVS_WORK"                        // the folder for what notebooks make
)

// Apply takes the user's word for the process: the backend and its libraries, the cache,
// and malloc, which keeps what was freed unless the user tunes it.
func Apply() {
	fetch.Cache = os.Getenv(Cache)
	name := os.Getenv(GoMLXBackend)
	backend.Usual = backend.Options{Name: name, ONNXRuntime: os.Getenv(ONNXRuntime),
		NoInstall: os.Getenv(NoInstall) != "", KeepMemory: !strings.Contains(os.Getenv("GLIBC_TUNABLES"), "glibc.malloc.")}
}

// IsSmoke says whether notebooks run at the scale of their test.
func IsSmoke() bool { return os.Getenv(Smoke) == "1" }

// WorkFolder is the folder for what notebooks make; "": not said.
func WorkFolder() string { return os.Getenv(Work) }

// Browser says whether somebody may be looking at a notebook: Jupyter's server names it
// to the kernels that it starts; what only executes notebooks does not.
func Browser() bool { return os.Getenv("JPY_SESSION_NAME") != "" }

// GoNB is the version of the kernel that runs the cell.
func GoNB() string { return os.Getenv("GONB_VERSION") }
