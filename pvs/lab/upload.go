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
	const what = "a button to choose a photo"
	p := newPanel(label)
	if !browser() {
		p.close(rest(what))
		return false
	}
	values := connect(p, p.chooser)
	if values == nil {
		p.close(silence(what))
		return false
	}
	data := p.photo(values)
	if data == nil {
		p.close(rest(what))
		return false
	}
	must.M(wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}))
	p.close("your photo came; to choose another, run the cell again")
	return true
}

// chooser makes the button. The browser's first word is that it is ready.
func (p *panel) chooser() *comms.AddressChan[string] {
	address := "/upload/" + gonbui.UniqueId()
	values := comms.Listen[string](address).WithBuffer(4)
	input := "pvs_" + gonbui.UniqueId()
	dom.Append(p.id, fmt.Sprintf(`<input type="file" accept="image/*" id="%s"/>`, input))
	dom.TransientJavascript(strings.NewReplacer("{{.ID}}", input, "{{.Address}}", address).Replace(uploadJS))
	<-values.C
	return values
}

// photo waits for the browser's photo; nil if none comes.
func (p *panel) photo(values *comms.AddressChan[string]) []byte {
	stop := Context().Done()
	for {
		select {
		case v := <-values.C:
			data, err := decodeURI(v)
			if err == nil {
				return data
			}
			dom.Append(p.id, " The browser cannot read this file as a photo: choose another.")
		case <-time.After(Scaled(firstTime, time.Minute)):
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
