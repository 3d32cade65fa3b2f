package kernels

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tokenEnv is the environment variable with JupyterLab's token. On the command line all
// users of the machine could see it.
const tokenEnv = "JUPYTER_TOKEN"

// ServeConfig says what JupyterLab opens and where it listens.
type ServeConfig struct {
	Checkout string
	Folder   string // the notebooks, inside of the checkout
	Host     string // "127.0.0.1" for this machine only
	Port     int    // 0 for any that is free
}

// Server is a running JupyterLab.
type Server struct {
	URL  string // opens the notebooks; has the token
	Log  string // path of JupyterLab's log
	done chan error
}

// Check returns an error that says what is missing to run notebooks of the checkout, in
// one sentence; what to do about it is up to the caller.
func (l Lab) Check(ctx context.Context, checkout string) error {
	if err := l.checkJupyter(ctx); err != nil {
		return fmt.Errorf("JupyterLab cannot be started: %w", err)
	}
	if err := checkKernel(l.data()); err != nil {
		return err
	}
	// Go may have been removed or replaced since, or the checkout have moved on.
	if _, err := output(ctx, checkout, nil, filepath.Join(l.bin(), "go"), "list", "-m"); err != nil {
		return fmt.Errorf("the Go that the kernel was set up with does not compile this checkout: %w", err)
	}
	return nil
}

// Serve starts JupyterLab and returns when it responds to requests. JupyterLab ends with
// the context; [Server.Wait] returns then.
func (l Lab) Serve(ctx context.Context, c ServeConfig) (*Server, error) {
	folder, err := pathInCheckout(c.Checkout, c.Folder)
	if err != nil {
		return nil, err
	}
	port, err := freePort(c.Host, c.Port)
	if err != nil {
		return nil, err
	}
	token := os.Getenv(tokenEnv)
	if token == "" {
		token = rand.Text()
	}
	s := &Server{Log: filepath.Join(l.Dir, fmt.Sprintf("jupyter-%d.log", port)), done: make(chan error, 1)}
	log, err := os.Create(s.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // JupyterLab has its own handle
	running, stop := context.WithCancel(ctx)
	cmd := exec.CommandContext(running, l.python(), "-m", "jupyterlab", "--no-browser", "-y", "--allow-root",
		"--ServerApp.ip="+c.Host, "--ServerApp.port="+strconv.Itoa(port), "--ServerApp.port_retries=0",
		"--ServerApp.root_dir="+c.Checkout,
		"--FileContentsManager.preferred_dir="+filepath.Join(c.Checkout, folder))
	cmd.Env = append(os.Environ(), tokenEnv+"="+token,
		// Without the settings of other Jupyters, and without files outside of the lab.
		"JUPYTER_CONFIG_DIR="+filepath.Join(l.Dir, "config"), "JUPYTER_RUNTIME_DIR="+filepath.Join(l.Dir, "runtime"),
		"JUPYTER_PREFER_ENV_PATH=1")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // stops the kernels too
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err
	}
	go func() {
		s.done <- cmd.Wait()
		close(s.done)
		stop()
	}()
	host := c.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	base := "http://" + net.JoinHostPort(host, strconv.Itoa(port))
	if err := s.waitUntilReady(ctx, base, token); err != nil {
		stop()
		<-s.done
		return nil, err
	}
	link := url.URL{Path: "/lab/tree/" + filepath.ToSlash(folder)}
	s.URL = base + link.EscapedPath() + "?token=" + url.QueryEscape(token)
	return s, nil
}

// Wait returns when JupyterLab has ended: nil if the context ended it.
func (s *Server) Wait(ctx context.Context) error {
	err := <-s.done
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("JupyterLab ended: %w; its output is in %s", errors.Join(err, errors.New(lastLogLine(s.Log))),
		s.Log)
}

// waitUntilReady waits until JupyterLab responds to requests.
func (s *Server) waitUntilReady(ctx context.Context, base, token string) error {
	const limit = 2 * time.Minute
	timeout := time.After(limit)
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/status", nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "token "+token)
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("JupyterLab did not start: %s (%w; its output is in %s)", lastLogLine(s.Log), err, s.Log)
		case <-timeout:
			return fmt.Errorf("JupyterLab does not answer after %s; its output is in %s", limit, s.Log)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// pathInCheckout returns the path of an existing folder relative to the checkout.
func pathInCheckout(checkout, folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%w %s", ErrNoFolder, path)
	}
	rel, err := filepath.Rel(checkout, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("%s is outside of the checkout %s, and JupyterLab shows only what is inside: move it there",
			path, checkout)
	}
	return rel, nil
}

// Marks of errors of [Lab.Serve], for [errors.Is], where another folder or port is a way out.
var (
	ErrNoFolder = errors.New("there is no folder of notebooks")
	ErrPort     = errors.New("take a free one, or 0 for any")
)

// freePort checks that a port is free, or finds a free one for 0.
func freePort(host string, port int) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return 0, fmt.Errorf("port %d of %s is taken, perhaps by another JupyterLab: %w", port, host, ErrPort)
	case errors.Is(err, syscall.EACCES):
		return 0, fmt.Errorf("port %d is for the administrator only, as all below 1024: %w", port, ErrPort)
	case err != nil:
		return 0, fmt.Errorf("listening on port %d of %s: %w", port, host, err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// lastLogLine is the last line of a log.
func lastLogLine(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 4096 {
		_, _ = f.Seek(-4096, io.SeekEnd) // else from the start: only slower
	}
	text, _ := io.ReadAll(f) // a part is better than nothing
	return lastLine(string(text))
}
