package download

import (
	"runtime"
	"time"
)

// Options of [Open] and [One]; zero values are the defaults.
type Options struct {
	PerHost   int   // requests at a time to one host; 4
	AtOnce    int   // requests at a time to all hosts; 16
	Attempts  int   // of each file; 5
	Redirects int   // that are followed for a file; 5
	MaxBytes  int64 // of a file; 20 MiB
	// AllowPrivate allows addresses of this machine and of private networks, and proxies, behind which addresses are
	// not seen.
	AllowPrivate bool
	Again        bool // ask again for files of earlier runs, whether they have changed; else they are taken as they are
	// Stale is after how long a run that did not come to its Finish is not gone on with, but a new one begun; 0: it always
	// is.
	Stale time.Duration
	// Check refuses a file by its content, an error of it is for good; nil: all are taken. As many calls run at a time
	// as there are cores.
	Check func(content []byte) error
	// Ending chooses what a file's name ends in, as ".jpg"; nil: nothing.
	Ending func(address string, content []byte) string

	Pause       time.Duration // before the second attempt, at most, doubled for each further one; 1 s
	LongestWait time.Duration // that a host may ask for before a file is given up; 2 min
	Header      time.Duration // for an answer to begin; 30 s
	Stall       time.Duration // without a byte of an answer; 30 s
	Total       time.Duration // for an answer to end; 3 min
	Grace       time.Duration // for what has begun to end, when a run is interrupted; 5 s
	GiveUp      int           // requests in a row that fail, after which a host is asked for no more; 60
}

func (o Options) withDefaults() Options {
	or(&o.PerHost, 4)
	or(&o.AtOnce, 16)
	or(&o.Attempts, 5)
	or(&o.Redirects, 5)
	or(&o.MaxBytes, 20<<20)
	or(&o.Pause, time.Second)
	or(&o.LongestWait, 2*time.Minute)
	or(&o.Header, 30*time.Second)
	or(&o.Stall, 30*time.Second)
	or(&o.Total, 3*time.Minute)
	or(&o.Grace, 5*time.Second)
	or(&o.GiveUp, 60)
	if o.Check != nil {
		o.Check = bounded(o.Check)
	}
	return o
}

// or gives a value that is zero its default.
func or[T int | int64 | time.Duration](value *T, usual T) {
	if *value == 0 {
		*value = usual
	}
}

// bounded lets as many calls run at a time as there are cores: a photo that is checked takes its pixels' memory.
func bounded(check func([]byte) error) func([]byte) error {
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	return func(content []byte) error {
		free <- struct{}{}
		defer func() { <-free }()
		return check(content)
	}
}
