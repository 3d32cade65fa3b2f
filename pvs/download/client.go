package download

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Agent is the User-Agent of all requests.
const Agent = "pvs (product visual search; downloads the photos of a feed)"

// client makes requests, one attempt each.
type client struct {
	opts Options
	http *http.Client
}

// connectTimeout is for a connection to be made, and again for TLS.
const connectTimeout = 10 * time.Second

func newClient(opts Options) *client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  opts.Header,
		MaxResponseHeaderBytes: 1 << 18,
		MaxIdleConnsPerHost:    opts.PerHost,
		MaxIdleConns:           4 * opts.AtOnce,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
		Proxy:                  http.ProxyFromEnvironment,
	}
	if !opts.AllowPrivate {
		dialer.Control = guard
		transport.Proxy = refuse(http.ProxyFromEnvironment)
	}
	return &client{opts, &http.Client{Transport: transport, CheckRedirect: opts.redirect}}
}

// redirect says whether a redirect is followed. Where it leads to is seen when the connection is made.
func (o Options) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > o.Redirects {
		return tag.Error(fmt.Errorf("it redirects more than %d times", o.Redirects), errRedirects)
	}
	if _, err := parse(r.URL.String()); err != nil {
		return tag.Error(fmt.Errorf("it redirects to %.200s, which is no address of HTTP", r.URL.Redacted()), ErrAddress)
	}
	return nil
}

// refuse refuses a proxy: what it connects to is not seen here.
func refuse(proxyOf func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		proxy, err := proxyOf(r)
		if proxy == nil || err != nil {
			return nil, err
		}
		return nil, tag.Error(fmt.Errorf("the proxy %s is between, so that it is not seen whether an address is of a "+
			"private network", proxy.Redacted()), ErrPrivate)
	}
}

// had is what is known of a file from before: its validators.
type had struct{ etag, modified string }

// answer is what one attempt brought.
type answer struct {
	same    bool // the file is still the one that was had
	content []byte
	etag    string
	changed string // Last-Modified
	kind    string // Content-Type
	short   bool   // that all has come cannot be told from the answer
}

// once asks for a file.
func (c *client) once(ctx context.Context, address string, had had) (answer, error) {
	u, err := parse(address)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	total := time.AfterFunc(c.opts.Total, func() { cancel(errTooLong) })
	defer total.Stop()
	a, err := c.ask(ctx, cancel, u, had)
	if cause := context.Cause(ctx); err != nil && (errors.Is(cause, errStalled) || errors.Is(cause, errTooLong)) {
		return answer{}, passing{fmt.Errorf("%s: %w", u.Redacted(), cause), 0}
	}
	if err != nil {
		var p passing
		if errors.As(err, &p) {
			return answer{}, passing{fmt.Errorf("%s: %w", u.Redacted(), p.error), p.after}
		}
		return answer{}, fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	return a, nil
}

func (c *client) ask(ctx context.Context, cancel context.CancelCauseFunc, u *url.URL, had had) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("User-Agent", Agent)
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Accept-Encoding", "identity") // a photo is compressed already
	if had.etag != "" {
		r.Header.Set("If-None-Match", had.etag)
	}
	if had.modified != "" {
		r.Header.Set("If-Modified-Since", had.modified)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return answer{}, unreached(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotModified && (had.etag != "" || had.modified != "") {
		return answer{same: true}, nil
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, refusal(response)
	}
	a := answer{etag: response.Header.Get("ETag"), changed: response.Header.Get("Last-Modified"),
		kind: response.Header.Get("Content-Type"), short: response.ContentLength < 0 && response.TransferEncoding == nil &&
			response.ProtoMajor == 1}
	a.content, err = c.body(response, cancel)
	return a, err
}

// body reads an answer up to the limits of size and time.
func (c *client) body(response *http.Response, cancel context.CancelCauseFunc) ([]byte, error) {
	tooLarge := func(what string) error {
		return tag.Error(fmt.Errorf("%s, over the limit of %s", what, megabytes(c.opts.MaxBytes)), ErrTooLarge)
	}
	if n := response.ContentLength; n > c.opts.MaxBytes {
		return nil, tooLarge("it has " + megabytes(n))
	}
	stalled := time.AfterFunc(c.opts.Stall, func() { cancel(errStalled) })
	defer stalled.Stop()
	plain, err := decoded(awake{response.Body, stalled, c.opts.Stall}, response.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(plain, c.opts.MaxBytes+1))
	switch {
	case int64(len(content)) > c.opts.MaxBytes:
		return nil, tooLarge("more and more comes")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, passing{fmt.Errorf("the answer broke off after %s", megabytes(int64(len(content)))), 0}
	case err != nil:
		return nil, passing{fmt.Errorf("the answer broke off after %s: %w", megabytes(int64(len(content))), err), 0}
	case len(content) == 0:
		return nil, passing{errors.New("the answer is empty"), 0}
	}
	return content, nil
}

// decoded undoes a Content-Encoding, which some hosts use though it was not asked for. Who reads bounds what comes.
func decoded(r io.Reader, coding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, passing{fmt.Errorf("the answer is called gzip, but is not: %w", err), 0}
		}
		return z, nil
	}
	return nil, fmt.Errorf("it answers in the encoding %.40q, which was not asked for", coding)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// awake is a reader that starts a timer again with each read that brings something.
type awake struct {
	io.Reader
	timer *time.Timer
	after time.Duration
}

func (a awake) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if n > 0 {
		a.timer.Reset(a.after)
	}
	return n, err
}

// unreached is the error of a request without an answer. What was refused here is for good; a network may come back.
func unreached(err error) error {
	var of *url.Error // its text repeats the whole address
	if errors.As(err, &of) {
		err = of.Err
	}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ErrPrivate):
		return tag.Error(private(err), ErrPrivate)
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Errorf("there is no host %s", name.Name)
	case errors.Is(err, ErrAddress), errors.Is(err, errRedirects), errors.As(err, &certificate):
		return err
	}
	return passing{err, 0}
}

// private is what the guard said, without what the dialer put around it.
func private(err error) error {
	var at *net.OpError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
