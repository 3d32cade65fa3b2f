// Package pvs is product visual search: given a photo of a product, find other photos
// of the same product among a million. It holds nothing itself; its packages are the
// steps of the way from photos to a score, in the order of docs/architecture.md:
//
//	catalog -> imageprep -> effnet -> embed -> vectors -> search -> evaluate -> chart
//
// and the command pvs in cmd/pvs drives them.
package pvs
