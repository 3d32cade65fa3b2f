package backbone

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Settings say of an ONNX file what it does not say itself. Zero values are open.
type Settings struct {
	Title     string    `json:"title,omitempty"`     // for people; the file's name if not given
	Pixels    int       `json:"pixels,omitempty"`    // side of the square input
	Normalise Normalise `json:"normalise,omitempty"` // of the photo's values
	// Output is the value that becomes the vector, by name, with what is taken of it where it is not one vector a photo:
	// NAME:class the first token of [tokens, d], NAME:mean the mean of all, NAME:mean-5 of all behind the first five
	// (class token and registers). The mean is also taken of a feature map's positions.
	Output string `json:"output,omitempty"`

	SHA256  string `json:"sha256,omitempty"`  // of the file; another file is an error
	Licence string `json:"licence,omitempty"` // of the weights
	Source  string `json:"source,omitempty"`  // where the weights are from
}

// ErrSettings marks errors that other settings mend.
var ErrSettings = errors.New("the settings do not fit the network")

// mostSettings bounds a file of settings.
const mostSettings = 1 << 16

// SettingsFile is where the settings of an ONNX file are: NAME.json beside NAME.onnx.
func SettingsFile(file string) string { return strings.TrimSuffix(file, filepath.Ext(file)) + ".json" }

// ReadSettings reads the settings beside an ONNX file; none are no error. A key or value that it does not know is one.
func ReadSettings(file string) (Settings, error) {
	name := SettingsFile(file)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostSettings+1))
	if err == nil && len(data) > mostSettings {
		err = fmt.Errorf("it has more than %d bytes", mostSettings)
	}
	var s Settings
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err = d.Decode(&s); err == nil && d.More() {
			err = errors.New("there is more behind its first object")
		}
	}
	if err != nil {
		return Settings{}, fmt.Errorf("the settings %s of the network beside them: %w", name, err)
	}
	return s, nil
}

// with fills in what is open by other settings. A size or a normalisation that both have, and differently, is an error:
// a network has one, so one of them is wrong. The output is a choice: the first one's counts.
func (s Settings) with(who string, other Settings, whose string) (Settings, error) {
	if s.Normalise != "" && other.Normalise != "" && s.Normalise != other.Normalise {
		return s, tag.Error(fmt.Errorf("%s normalise photos as %s, but %s as %s: leave one of them out", who, s.Normalise,
			whose, other.Normalise), ErrSettings)
	}
	for _, text := range []struct{ to, from *string }{{&s.Title, &other.Title}, {&s.Output, &other.Output},
		{&s.SHA256, &other.SHA256}, {&s.Licence, &other.Licence}, {&s.Source, &other.Source},
		{(*string)(&s.Normalise), (*string)(&other.Normalise)}} {
		if *text.to == "" {
			*text.to = *text.from
		}
	}
	if s.Pixels == 0 {
		s.Pixels = other.Pixels
	}
	return s, nil
}
