// Package debian takes files out of packages of Debian's archive, on machines of any
// user: apt-get downloads into a temporary folder and nothing is installed.
//
//	p := debian.Package{Name: "kicad-packages3d", Megabytes: 379}
//	defer p.Close()
//	err := p.Files(ctx, log, func(name string, size int64, r io.Reader) error { ... })
//
// data/kicad and data/furniture read their models so.
package debian
