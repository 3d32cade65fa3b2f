package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
)

// Read decodes a file of something ("phases", "a recipe") into v, and returns its text as UTF-8. Keys that
// the file lacks leave v as it is; a key that v lacks is an error, which says that nothing is called so in a thing
// ("phase").
func Read(path, something, thing string, v any) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", something, err)
	}
	defer f.Close()
	data, err := io.ReadAll(plaintext.Reader(f))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", something, err)
	}
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(v); err != nil {
		return nil, fmt.Errorf("%s %w", path, explain(err, thing))
	}
	return data, nil
}

// otherKind is of the TOML reader's messages on a text where a number is expected, and the like, which speak of Go's
// types.
var otherKind = regexp.MustCompile(`cannot (decode|assign|store|be assigned)`)

const noKind = "a value is of another kind than its setting takes, as a text in place of a number"

// explain turns the TOML reader's error into a sentence.
func explain(err error, thing string) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		line, _ := e.Position()
		return fmt.Errorf("line %d: nothing is called %s in a %s", line, strings.Join(e.Key(), "."), thing)
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, column := decode.Position()
		text := strings.TrimPrefix(decode.Error(), "toml: ")
		if otherKind.MatchString(text) {
			text = noKind
		}
		return fmt.Errorf("line %d, column %d: %s", line, column, text)
	}
	if otherKind.MatchString(err.Error()) {
		return errors.New(noKind)
	}
	return err
}
