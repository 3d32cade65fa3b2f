package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ErrUnreachable says that a host did not answer, so that another source can be tried.
var ErrUnreachable = errors.New("cannot be reached")

// connectTimeout is short, so that a host that a firewall blocks does not delay the start.
const connectTimeout = 3 * time.Second

// stallTimeout is how long a download may receive nothing.
var stallTimeout = 30 * time.Second

// errStalled is the cause with which a download that receives nothing is cancelled.
var errStalled = errors.New("nothing came any more")

// URL downloads to target, whole and checked, or not at all. It wraps
// [ErrUnreachable] where no connection could be made. Log gets one line.
func URL(ctx context.Context, address string, check Check, target string, log func(string)) error {
	where, err := url.Parse(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: 4 * connectTimeout,
		DisableKeepAlives:     true, // there is one request
	}}
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var reason *url.Error // its text repeats the whole address
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return fmt.Errorf("%s %w: %w", where.Host, ErrUnreachable, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %w: it answers %s", where.Host, ErrUnreachable, response.Status)
	}
	log(fmt.Sprintf("downloading %s from %s (%.0f MB)", target, where.Host,
		float64(max(check.Size, response.ContentLength))/1e6))
	stalled := time.AfterFunc(stallTimeout, func() { cancel(errStalled) })
	defer stalled.Stop()
	return wholefile.Write(target, func(w io.Writer) error {
		s := check.verifier()
		n, err := io.Copy(io.MultiWriter(w, s, resetTimer{stalled}), response.Body)
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return fmt.Errorf("the download from %s broke off after %d bytes: %w; start again", where.Host, n, err)
		}
		if err := s.verify(); err != nil {
			return fmt.Errorf("the download from %s is not the known file and is not used: %s %w",
				where.Host, filepath.Base(target), err)
		}
		return nil
	})
}

// resetTimer is a writer that starts a timer again with each write.
type resetTimer struct{ *time.Timer }

func (r resetTimer) Write(p []byte) (int, error) {
	r.Reset(stallTimeout)
	return len(p), nil
}
