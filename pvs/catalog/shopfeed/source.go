package shopfeed

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/download"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// FeedFile is the feed as it was downloaded, in the catalogue's folder, for who looks for a line of it.
const FeedFile = "feed"

// Bounds of a feed.
const (
	largestFeed = 512 << 20 // bytes
	longestFeed = 30 * time.Minute
)

// source is where a feed is: a file, or an address.
type source struct {
	text    string
	address bool
}

func sourceOf(src string) source {
	low := strings.ToLower(src)
	return source{src, strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://")}
}

// String is the source as it is noted: a file by its full path, an address without its password.
func (s source) String() string {
	if !s.address {
		if full, err := filepath.Abs(s.text); err == nil {
			return full
		}
		return s.text
	}
	if u, err := url.Parse(s.text); err == nil {
		return u.Redacted()
	}
	return s.text
}

// name is how messages about lines call it.
func (s source) name() string {
	if !s.address {
		return filepath.Base(s.text)
	}
	u, err := url.Parse(s.text)
	if err != nil {
		return s.text
	}
	if base := path.Base(u.Path); base != "." && base != "/" {
		return base
	}
	return u.Host
}

// read reads the feed; one that is downloaded is put into the folder, too.
func (s source) read(ctx context.Context, dir string, o download.Options) ([]byte, error) {
	if !s.address {
		info, err := os.Stat(s.text)
		switch {
		case os.IsNotExist(err):
			return nil, fmt.Errorf("there is no %s", s.text)
		case err != nil:
			return nil, err
		case info.IsDir():
			return nil, fmt.Errorf("%s is a folder; name the feed's file in it", s.text)
		case info.Size() > largestFeed:
			return nil, fmt.Errorf("%s has over %d MiB: divide it", s.text, largestFeed>>20)
		}
		return os.ReadFile(s.text)
	}
	o.MaxBytes, o.Total, o.Check, o.Ending = largestFeed, longestFeed, nil, nil
	data, err := download.One(ctx, s.text, o)
	if err != nil {
		return nil, fmt.Errorf("downloading the feed: %w", err)
	}
	return data, wholefile.Write(filepath.Join(dir, FeedFile), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
