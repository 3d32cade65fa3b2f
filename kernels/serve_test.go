package kernels

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithin(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "notebooks")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := pathInCheckout(root, folder); err != nil || got != "notebooks" {
		t.Errorf("%q, %v", got, err)
	}
	for folder, want := range map[string]string{
		filepath.Join(root, "none"): "there is no folder of notebooks",
		t.TempDir():                 "outside of the checkout",
	} {
		if _, err := pathInCheckout(root, folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func TestPortTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := freePort("127.0.0.1", listener.Addr().(*net.TCPAddr).Port); !errors.Is(err, ErrPort) {
		t.Errorf("got %v", err)
	}
	if port, err := freePort("127.0.0.1", 0); err != nil || port == 0 {
		t.Errorf("port %d, %v", port, err)
	}
}

// What may be missing is found one after the other.
func TestCheck(t *testing.T) {
	lab, checkout := Lab{t.TempDir()}, t.TempDir()
	missing := func(want string) {
		t.Helper()
		if err := lab.Check(context.Background(), checkout); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	missing("it is not installed")
	write(t, lab.installed(), "jupyterlab==1.0.0\n", 0o644)
	missing("in other versions")
	write(t, lab.installed(), requirements, 0o644)
	missing("it does not start")
	write(t, lab.python(), "#!/bin/sh\n", 0o755)
	missing("the kernel \"Go (pvs)\" is missing")
	if _, err := lab.writeSpec(lab.data(), nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{kernelName, "gonb", "goimports", "gopls"} {
		write(t, filepath.Join(lab.bin(), name), "", 0o755)
	}
	missing("bin/go is missing")
	write(t, filepath.Join(lab.bin(), "go"), "#!/bin/sh\necho 'requires go >= 1.99' >&2\nexit 1\n", 0o755)
	missing("requires go >= 1.99")
	write(t, filepath.Join(lab.bin(), "go"), "#!/bin/sh\n", 0o755)
	if err := lab.Check(context.Background(), checkout); err != nil {
		t.Error(err)
	}
}

// answering stands for JupyterLab: it answers with 200 if the token is right.
const answering = `#!/usr/bin/env python3
import http.server, os, sys
class Status(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ok = self.headers["Authorization"] == "token " + os.environ["JUPYTER_TOKEN"] and self.path == "/api/status"
        self.send_response(200 if ok else 403)
        self.end_headers()
port = next(a.split("=")[1] for a in sys.argv if a.startswith("--ServerApp.port="))
http.server.HTTPServer(("127.0.0.1", int(port)), Status).serve_forever()
`

func serve(t *testing.T, python string) (*Server, context.CancelFunc, error) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3, which stands for JupyterLab")
	}
	lab, root := Lab{t.TempDir()}, t.TempDir()
	write(t, lab.python(), python, 0o755)
	write(t, filepath.Join(root, "my notebooks", "a.ipynb"), "", 0o644)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	s, err := lab.Serve(ctx, ServeConfig{Checkout: root, Folder: filepath.Join(root, "my notebooks"), Host: "127.0.0.1"})
	if err == nil {
		t.Cleanup(func() { cancel(); _ = s.Wait(ctx) })
	}
	return s, cancel, err
}

func TestServe(t *testing.T) {
	t.Setenv(tokenEnv, "secret")
	s, cancel, err := serve(t, answering)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.URL, "http://127.0.0.1:") ||
		!strings.HasSuffix(s.URL, "/lab/tree/my%20notebooks?token=secret") {
		t.Errorf("link %s", s.URL)
	}
	cancel()
	ctx, stop := context.WithCancel(context.Background())
	stop() // as the end of the context does
	if err := s.Wait(ctx); err != nil {
		t.Error(err)
	}
}

// What JupyterLab said last is in the sentence.
func TestServeFails(t *testing.T) {
	_, _, err := serve(t, "#!/bin/sh\necho starting\necho 'no such option' >&2\nexit 3\n")
	if err == nil || !strings.Contains(err.Error(), "did not start: no such option (exit status 3; its output is in ") {
		t.Errorf("got %v", err)
	}
}
