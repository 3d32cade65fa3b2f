package download

import (
	"errors"
	"time"
)

// What can be the matter with a download, to be told apart with errors.Is.
var (
	// ErrPrivate says that an address is of this machine or of a private network: see [Options].AllowPrivate.
	ErrPrivate = errors.New("the address is of this machine or of a private network")
	// ErrAddress says that something is no address of HTTP.
	ErrAddress = errors.New("it is no address of HTTP")
	// ErrTooLarge says that a file is larger than allowed.
	ErrTooLarge = errors.New("the file is too large")
	// ErrGivenUp says that a host failed too often to be asked for more in this run.
	ErrGivenUp = errors.New("the host is given up")
)

// passing is an error that another attempt may not meet, after a wait that the host asked for.
type passing struct {
	error
	after time.Duration // 0: none was asked for
}

func (p passing) Unwrap() error { return p.error }

// errRedirects says that redirects do not end.
var errRedirects = errors.New("too many redirects")

// errStalled and errTooLong are the causes with which an answer that does not go on, or to its end, is cancelled.
var (
	errStalled = errors.New("nothing came any more")
	errTooLong = errors.New("it came too slowly")
)
