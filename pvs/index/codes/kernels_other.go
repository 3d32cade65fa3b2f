//go:build !cgo || !amd64

package codes

func best() Instructions { return Plain }

func (q *Query) scanC(Instructions, *Scan, int, int, float32, *Found, int) int { return 0 }

func dotsC(Instructions, []byte, int, int, []float32, []float32) {}
