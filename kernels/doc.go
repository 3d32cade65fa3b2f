// Package kernels installs the lab: JupyterLab in a virtual environment of its own, the
// Go kernel GoNB with the two tools it calls, and the kernel spec "Go (pvs)", by which
// a notebook imports the packages of a checkout without downloading anything.
//
// Everything goes to one folder of the per-user cache (see [Default]): to uninstall the
// lab, remove the folder. The versions are pinned: Python packages by requirements.txt,
// GoNB and goimports by the module's go.mod, gopls by a constant here.
package kernels
