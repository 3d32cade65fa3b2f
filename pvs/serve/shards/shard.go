package shards

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// shard is one of the servers that are asked.
type shard struct {
	name   string // for people: host and port
	base   *url.URL
	client *http.Client
	token  string

	asking sync.Mutex // one asks for info at a time

	mu      sync.Mutex
	why     error // why it is left out; nil: it answers
	checked string
	info    *info // as it was when it last answered; nil: it never did
	stale   bool  // the info is of before a change
}

// info is what a shard says of itself.
type info struct {
	serve.ShardInfo
	sketch serve.Sketch
	origin *vectors.Origin
	tag    string
	read   time.Time
}

// now returns what is known of the shard, and why it is left out.
func (s *shard) now() (*info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info, s.why
}

// readInfo asks the shard what it holds.
func (s *shard) readInfo(ctx context.Context, tag string) (*info, error) {
	r, err := s.do(ctx, request{method: http.MethodGet, path: "/v1/shard", tag: tag})
	if isStatus(err, http.StatusNotFound) {
		return nil, refused("it cannot be a shard: it has no index of its own, or is of an older version")
	}
	if err == nil && r.status == http.StatusNotModified {
		return nil, nil
	}
	got, err := decode[serve.ShardInfo](r, err)
	if err != nil {
		return nil, err
	}
	if got.Version != serve.ShardVersion {
		return nil, refused("it speaks version %d of the shards' protocol, this program %d: bring both to one version",
			got.Version, serve.ShardVersion)
	}
	i := &info{ShardInfo: *got, tag: r.tag, read: time.Now()}
	if i.sketch, err = serve.ParseSketch(got.Sketch); err != nil {
		return nil, silent("what it says of itself cannot be read: %v", err)
	}
	if i.origin, err = vectors.UnmarshalOrigin([]byte(got.Origin)); err != nil {
		return nil, silent("what it says of its network cannot be read: %v", err)
	}
	if got.Index == "" || got.Dim < 1 || got.Photos < 0 || got.Products < 0 {
		return nil, silent("what it says of itself makes no sense")
	}
	return i, nil
}

// oldest is how old the info of a shard may be.
const oldest = 2 * time.Second

// refresh asks for the info again where it is old, or of before a change that was made here.
func (s *shard) refresh(ctx context.Context) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	had, why, stale := s.info, s.why, s.stale
	s.stale = false
	s.mu.Unlock()
	if why != nil || !stale && time.Since(had.read) < oldest {
		return why
	}
	got, err := s.readInfo(ctx, had.tag)
	if err == nil && got != nil && got.Index != had.Index {
		err = errChanged
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stale = s.stale || stale
		return err
	}
	if got == nil {
		same := *had
		same.read, got = time.Now(), &same
	}
	got.State = max(got.State, s.info.State)
	s.info = got
	return nil
}

// saw notes of what an answer is, and says whether that is what the shard was checked with.
func (s *shard) saw(of serve.ShardOf) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info == nil || of.Index != s.info.Index {
		return errChanged
	}
	if of.State > s.info.State {
		newer := *s.info
		newer.State = of.State
		s.info = &newer
	}
	return nil
}

// changed notes that the info is of before a change.
func (s *shard) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = true
}

// fails leaves the shard out from now on, and says whether that is news.
func (s *shard) fails(why error) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.why == nil || s.why.Error() != why.Error()
	s.why = why
	return news
}

// answers takes the shard in again.
func (s *shard) answers(i *info) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	news = s.why != nil
	s.info, s.why, s.checked, s.stale = i, nil, i.Index, false
	return news
}

// isSilence says whether an error is that of a shard that does not answer, and not of what it was asked.
func isSilence(err error) bool { return errors.As(err, new(silence)) }
