package shopfeed

import (
	"bytes"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Photos as they are checked: decoded, though at an eighth of their size where that is possible.
var photoLimits = imageprep.Limits{MaxPixels: 50_000_000, Suffices: 64}

// checkPhoto says why a content is no photo that can be used.
func checkPhoto(content []byte) error {
	_, err := imageprep.Decode(bytes.NewReader(content), "what came", photoLimits)
	return err
}

// endings are those of the kinds that net/http knows.
var endings = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	"image/bmp": ".bmp"}

// endingOf is what a photo's name ends in: by its content, else as its address does.
func endingOf(address string, content []byte) string {
	if end := endings[http.DetectContentType(content)]; end != "" {
		return end
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if end := strings.ToLower(path.Ext(u.Path)); slices.Contains(imageprep.Extensions(), end) {
		return end
	}
	return ""
}
