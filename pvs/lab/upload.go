package lab

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/dom"
	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed upload.js
var uploadJS string

// Upload shows a button that sends a photo from the reader's computer and writes it to
// path as a JPEG of at most 1024 pixels. It says whether one came: a reader has some
// time to choose; where no browser shows the notebook, none comes.
func Upload(label, path string) bool {
	p := newPanel(label)
	data := p.photo()
	if data == nil {
		p.close("a button to choose a photo")
		return false
	}
	must.M(wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}))
	p.close("your photo came")
	return true
}

// photo waits for the browser's photo; nil if none comes.
func (p *panel) photo() []byte {
	if !browser() {
		return nil
	}
	address := "/upload/" + gonbui.UniqueId()
	values := comms.Listen[string](address).WithBuffer(4)
	input := "pvs_" + gonbui.UniqueId()
	dom.Append(p.id, fmt.Sprintf(`<input type="file" accept="image/*" id="%s"/>`, input))
	dom.TransientJavascript(strings.NewReplacer("{{.ID}}", input, "{{.Address}}", address).Replace(uploadJS))
	stop := Context().Done()
	for wait := answerTime; ; {
		select {
		case v := <-values.C:
			wait = idleTime
			switch data, err := decodeURI(v); {
			case v == "ready":
			case v == "unreadable" || err != nil:
				dom.Append(p.id, " The browser cannot read this file as a photo: choose another.")
			default:
				return data
			}
		case <-time.After(wait):
			return nil
		case <-stop:
			return nil
		}
	}
}

// decodeURI returns the bytes of a data URI of a JPEG.
func decodeURI(uri string) ([]byte, error) {
	text, ok := strings.CutPrefix(uri, "data:image/jpeg;base64,")
	if !ok {
		return nil, fmt.Errorf("%.20q is no photo", uri)
	}
	return base64.StdEncoding.DecodeString(text)
}
