package plaintext

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// wide encodes a text as UTF-16 or UTF-32, with what is put before it.
func wide(mark, text string, width int, big bool) string {
	out := []byte(mark)
	add := func(v uint32) {
		for i := range width {
			shift := 8 * i
			if big {
				shift = 8 * (width - 1 - i)
			}
			out = append(out, byte(v>>shift))
		}
	}
	if width == 2 {
		for _, u := range utf16.Encode([]rune(text)) {
			add(uint32(u))
		}
	} else {
		for _, r := range text {
			add(uint32(r))
		}
	}
	return string(out)
}

// The same text, however it was saved.
func TestEncodingsAndLineEnds(t *testing.T) {
	const want = "id,name\nä,\"x\ny\"\n𝄞,2\n"
	crs := "id,name\rä,\"x\ny\"\r𝄞,2\r"
	for name, text := range map[string]string{
		"plain": want, "mark": Mark + want, "two marks": Mark + Mark + want,
		"UTF-16 LE": wide("\xff\xfe", want, 2, false), "UTF-16 BE": wide("\xfe\xff", want, 2, true),
		"UTF-16 LE without a mark": wide("", want, 2, false), "UTF-16 BE without a mark": wide("", want, 2, true),
		"UTF-32 LE": wide("\xff\xfe\x00\x00", want, 4, false), "UTF-32 BE": wide("\x00\x00\xfe\xff", want, 4, true),
		"Macintosh": crs, "Macintosh, UTF-16": wide("\xff\xfe", crs, 2, false), "Macintosh, mark": Mark + crs,
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			if got, err := io.ReadAll(Reader(r)); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	for _, same := range []string{"", "a", "a\r\nb\r\n", "a\r\r\nb", "\"a\rb\"\n", "\"a\rb\"\r\n", "\xe4\n", "\"a\nb"} {
		if got, err := io.ReadAll(Reader(strings.NewReader(same))); err != nil || string(got) != same {
			t.Errorf("%q became %q, %v", same, got, err)
		}
	}
	if got, _ := io.ReadAll(Latin1(strings.NewReader("\xe4\x80"))); string(got) != "ä€" {
		t.Errorf("Latin-1 became %q", got)
	}
	if got, _ := io.ReadAll(Latin1(strings.NewReader(Mark + "ä"))); string(got) != "ä" {
		t.Errorf("a mark does not overrule Latin-1: %q", got)
	}
}

// DOS's end mark is no part of a text, and elsewhere it stays.
func TestEndMark(t *testing.T) {
	for text, want := range map[string]string{"a\n\x1a": "a\n", "a\x1a": "a", "\x1a": "", "a\x1ab\n": "a\x1ab\n",
		"a\r\n\x1a\x1a": "a\r\n",
		"a\rb\r\x1a":    "a\nb\n", wide("\xff\xfe", "a\n\x1a", 2, false): "a\n"} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			if got, err := io.ReadAll(iotest.OneByteReader(Reader(r))); err != nil || string(got) != want {
				t.Errorf("%q became %q, %v", text, got, err)
			}
			if got, err := io.ReadAll(Reader(strings.NewReader(text))); err != nil || string(got) != want {
				t.Errorf("%q became %q, %v", text, got, err)
			}
		}
	}
}

// Western text is told from other encodings by its bytes.
func TestLooksLatin1(t *testing.T) {
	encode := func(e encoding.Encoding, text string) string {
		out, err := e.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, text := range []string{"Café,rot", "Größe,12 \u00bd", "Stühle – „neu“", "50 € Œuvre",
		"Straße", "naïve, Ærø, señor"} {
		if !LooksLatin1(encode(charmap.Windows1252, text)) {
			t.Errorf("%q is not taken for Latin-1", text)
		}
	}
	for _, text := range []string{"赤いマグカップ", "アンティークの椅子"} {
		if LooksLatin1(encode(japanese.ShiftJIS, text)) {
			t.Errorf("%q in Shift-JIS is taken for Latin-1", text)
		}
	}
	for _, e := range []encoding.Encoding{simplifiedchinese.GBK, simplifiedchinese.GB18030} {
		if LooksLatin1(encode(e, "红色马克杯,椅子")) {
			t.Errorf("%v is taken for Latin-1", e)
		}
	}
	if LooksLatin1(encode(korean.EUCKR, "빨간 머그컵")) || LooksLatin1(encode(charmap.Windows1251, "красная кружка")) ||
		LooksLatin1("plain") {
		t.Error("another encoding is taken for Latin-1")
	}
}

// Long texts are the same as short ones.
func TestLongLines(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcde\r"), 3*ahead/16)
	got, err := io.ReadAll(Reader(bytes.NewReader(long)))
	if want := bytes.ReplaceAll(long, []byte("\r"), []byte("\n")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes became %d, %v", len(long), len(got), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("a,b\r1,2\r"))
	f.Add([]byte("\xff\xfea\x00\r\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := io.ReadAll(Reader(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err) // bytes that mean nothing are no error of the disk
		}
		if len(got) > 3*len(data)+3 {
			t.Errorf("%d bytes became %d", len(data), len(got))
		}
	})
}

func ExampleReader() {
	text, _ := io.ReadAll(Reader(strings.NewReader("\ufeffphoto,product\ra.jpg,7\r")))
	fmt.Printf("%s", text)
	// Output:
	// photo,product
	// a.jpg,7
}
