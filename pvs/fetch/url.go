package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ErrUnreachable says that a host did not answer, so that another source can be tried.
var ErrUnreachable = errors.New("cannot be reached")

// connectTimeout is short: a host that is blocked here must not hold up the start.
const connectTimeout = 4 * time.Second

// URL downloads to target, whole and checked, or not at all. It wraps
// [ErrUnreachable] where no connection could be made. Log gets one line.
func URL(ctx context.Context, address string, check Check, target string, log func(string)) error {
	where, err := url.Parse(address)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: 4 * connectTimeout,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s %w", where.Host, ErrUnreachable)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %w: it answers %s", where.Host, ErrUnreachable, response.Status)
	}
	log(fmt.Sprintf("downloading %s from %s (%.0f MB)", target, where.Host, float64(max(check.Size, response.ContentLength))/1e6))
	var wrong error
	err = wholefile.Write(target, func(w io.Writer) error {
		n, err := io.Copy(w, response.Body)
		if err != nil {
			return fmt.Errorf("the download from %s broke off after %d bytes: %w; start again", where.Host, n, err)
		}
		if f, ok := w.(*os.File); ok {
			wrong = check.File(f.Name())
		}
		return wrong
	})
	if wrong != nil {
		return fmt.Errorf("the download from %s is not the known file and is not used: %w", where.Host, wrong)
	}
	return err
}
