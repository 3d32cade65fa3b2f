// Package notebooks holds the lab's notebooks, which README.md lists, and the test that
// runs them all.
//
//	go run ./pvs/cmd/pvs setup --lab                          # once
//	PVS_NOTEBOOKS=1 go test -timeout 30m ./notebooks          # executes all at smoke scale
//
// After a change, execute a notebook again, at full scale, with the lab's
// python: notebooks/execute.py NOTEBOOK.ipynb.
package notebooks
