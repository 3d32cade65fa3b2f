package imageprep

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/bmff"
)

// Extensions are what the names of files end in that hold images of the kinds that are read, in lower case.
// A file's content decides what it is, whatever its name.
func Extensions() []string {
	return []string{".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".pjpeg", ".pjp", ".mpo", ".png", ".apng",
		".webp", ".gif", ".bmp", ".dib",
		".tif", ".tiff", ".heic", ".heif", ".heics", ".heifs", ".hif", ".avif", ".avifs"}
}

// UnreadExtensions are those of photos and pictures that [Decode] refuses by a sentence on what they are. Documents and
// icons, which may lie beside photos, are not among them.
func UnreadExtensions() []string {
	return []string{".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".jxl", ".jxr", ".wdp", ".jls", ".psd", ".psb",
		".svg", ".svgz", ".tga", ".pcx", ".pnm", ".pbm",
		".pgm", ".ppm", ".pam", ".exr", ".qoi", ".xcf", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".sr2", ".dng",
		".orf", ".rw2", ".raf", ".pef", ".srw", ".x3f", ".3fr",
		".iiq", ".erf", ".mrw"}
}

// readableKinds lists the kinds that are read, for messages.
const readableKinds = "JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC and AVIF are read"

// reader is a kind of image that is read.
type reader struct {
	name   string // in messages
	is     func(data []byte) bool
	decode func(data []byte, limits Limits) (*RGB, error)
}

// readers returns the kinds that are read.
func readers() []reader {
	return []reader{
		{"JPEG", starts("\xff\xd8\xff"), decodeJPEG},
		{"PNG", starts("\x89PNG\r\n\x1a\n"), decodePNG},
		{"GIF", starts("GIF87a", "GIF89a"), decodeGIF},
		{"WebP", func(b []byte) bool { return len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" },
			decodeWebP},
		{"BMP", func(b []byte) bool { return bytes.HasPrefix(b, []byte("BM")) && len(b) >= 18 && plausibleBMP(b) },
			decodeBMP},
		{"BMP", isDIB, decodeDIB},
		{"TIFF", starts("II*\x00", "MM\x00*", "II+\x00\x08\x00\x00\x00", "MM\x00+\x00\x08\x00\x00"), decodeTIFF},
		{"HEIC", brand("heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1", "mif2", "MiHE",
			"miaf"), decodeHEIF},
		{"AVIF", brand("avif", "avis", "avio", "MA1A", "MA1B"), decodeHEIF},
	}
}

// Recognizes says whether a file that starts so is of a kind that is read, whatever its name. A BMP without
// its file header, which other files may look like, is not recognized.
func Recognizes(start []byte) bool {
	return !isDIB(start) && slices.ContainsFunc(readers(), func(r reader) bool { return r.is(start) })
}

func starts(with ...string) func([]byte) bool {
	return func(b []byte) bool {
		return slices.ContainsFunc(with, func(w string) bool { return bytes.HasPrefix(b, []byte(w)) })
	}
}

func brand(names ...string) func([]byte) bool {
	return func(b []byte) bool {
		brands := bmff.Brands(b)
		if len(brands) == 0 {
			return false
		}
		avif := slices.ContainsFunc(brands, func(s string) bool { return s == "avif" || s == "avis" })
		if names[0] == "avif" || avif {
			return names[0] == "avif" && avif
		}
		return slices.Contains(names, brands[0]) || slices.ContainsFunc(brands,
			func(s string) bool { return strings.HasPrefix(s, "hei") || strings.HasPrefix(s, "hev") || s == "mif1" })
	}
}

// unread are kinds of files that are not read, by how they start; the longer ones first where one starts as another.
var unread = []struct{ magic, name string }{
	{"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"}, {"\xff\x4f\xff\x51", "a JPEG 2000 image"},
	{"\x00\x00\x00\x0cJXL ", "a JPEG XL image"}, {"\xff\x0a", "a JPEG XL image"},
	{"II\xbc", "a JPEG XR image"}, {"8BPS", "a Photoshop document"},
	{"IIRO", "a camera's raw photo (Olympus)"}, {"IIRS", "a camera's raw photo (Olympus)"}, {"MMOR",
		"a camera's raw photo (Olympus)"},
	{"IIU\x00", "a camera's raw photo (Panasonic)"}, {"FUJIFILMCCD-RAW", "a camera's raw photo (Fujifilm)"}, {"FOVb",
		"a camera's raw photo (Sigma)"},
	{"\x00MRM", "a camera's raw photo (Minolta)"}, {"II\x1a\x00\x00\x00HEAPCCDR", "a camera's raw photo (Canon)"},
	{"%PDF-", "a PDF document"}, {"%!PS", "a PostScript document"}, {"\xc5\xd0\xd3\xc6", "an EPS document"},
	{"icns", "an Apple icon"},
	{"v/1\x01", "an OpenEXR image"}, {"#?RADIANCE", "a Radiance HDR image"}, {"#?RGBE", "a Radiance HDR image"},
	{"DDS ", "a DirectDraw surface"},
	{"qoif", "a QOI image"}, {"gimp xcf", "a GIMP image"}, {"AT&TFORM", "a DjVu document"}, {"SIMPLE  =",
		"a FITS image"}, {"BPG\xfb", "a BPG image"},
	{"FLIF", "a FLIF image"}, {"\x8aMNG", "an MNG animation"}, {"\x8bJNG", "a JNG image"}, {"\xd7\xcd\xc6\x9a",
		"a Windows metafile"},
	{"SDPX", "a DPX image"}, {"XPDS", "a DPX image"}, {"\x01\xda", "an SGI image"}, {"/* XPM */", "an XPM image"},
	{"#define ", "an XBM image or a program's text"},
	{"P1", "a PBM image"}, {"P2", "a PGM image"}, {"P3", "a PPM image"}, {"P4", "a PBM image"}, {"P5", "a PGM image"},
	{"P6", "a PPM image"}, {"P7", "a PAM image"},
	{"Pf", "a PFM image"}, {"PF", "a PFM image"}, {"\x0a\x05\x01", "a PCX image"}, {"\x0a\x03\x01", "a PCX image"},
	{"\xabKTX ", "a KTX texture"}, {"Y\xa6j\x95", "a Sun raster image"},
}

// others are kinds of files that are no images, or none that a picture of a product could be read from.
var others = []struct{ magic, name string }{
	{"version https://git-lfs", "a pointer of Git LFS instead of the file (git lfs pull fetches it)"},
	{"\x00\x05\x16\x07", "what macOS keeps beside a file (AppleDouble), not the file"},
	{"PK\x03\x04", "a ZIP archive, or an office document"}, {"\x1f\x8b", "a gzip archive"}, {"Rar!", "a RAR archive"},
	{"7z\xbc\xaf", "a 7-Zip archive"},
	{"\x1aE\xdf\xa3", "a video (Matroska or WebM)"}, {"RIFF", "a RIFF file, a video or sound"}, {"ID3",
		"sound (MP3)"}, {"OggS", "sound or video (Ogg)"}, {"FLV", "a video (Flash)"},
	{"bplist", "a property list"},
}

// nameOf says what a file is that is no kind that is read; image says whether it can be saved as another kind.
func nameOf(data []byte) (name string, image bool) {
	// how many there are
	if len(data) >= 10 && data[0] == 0 && data[1] == 0 && data[3] == 0 && data[4] > 0 && data[5] == 0 && data[9] == 0 {
		switch data[2] {
		case 1:
			return "a Windows icon", true
		case 2:
			return "a Windows cursor", true
		}
	}
	for _, k := range unread {
		if bytes.HasPrefix(data, []byte(k.magic)) {
			if k.magic[0] == 'P' && len(k.magic) == 2 && (len(data) < 3 || !bytes.ContainsAny(data[2:3], " \t\r\n#")) {
				continue // a word that starts with P
			}
			return k.name, true
		}
	}
	for _, k := range others {
		if bytes.HasPrefix(data, []byte(k.magic)) {
			return k.name, false
		}
	}
	if brands := bmff.Brands(data); brands != nil {
		if brands[0] == "crx " {
			return "a camera's raw photo (Canon)", true
		}
		if strings.HasPrefix(brands[0], "jxl") {
			return "a JPEG XL image", true
		}
		return "a video (MP4 or QuickTime)", false
	}
	if len(data) >= 132 && string(data[128:132]) == "DICM" {
		return "a DICOM image", true
	}
	if bytes.HasSuffix(data, []byte("TRUEVISION-XFILE.\x00")) || looksLikeTGA(data) {
		return "a Targa image", true
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 4096)], []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte("<svg")) &&
		!bytes.Contains(bytes.ToLower(head), []byte("<html")):
		return "an SVG drawing", true
	case bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")):
		return "text (JSON, perhaps an error that a server sent)", false
	}
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch kind {
	case "text/plain":
		return "text", false
	case "text/html":
		return "a web page", false
	case "text/xml":
		return "text (XML)", false
	case "application/octet-stream":
		return "no known kind of file, or a damaged one", false
	}
	return kind, false
}

// looksLikeTGA judges by the header of a kind that has no mark of its own.
func looksLikeTGA(b []byte) bool {
	if len(b) < 18 {
		return false
	}
	mapped, kind, depth := b[1], b[2], b[16]
	w, h := int(b[12])|int(b[13])<<8, int(b[14])|int(b[15])<<8
	return mapped <= 1 && slices.Contains([]byte{1, 2, 3, 9, 10, 11}, kind) && slices.Contains([]byte{8, 15, 16, 24,
		32}, depth) && w > 0 && h > 0 &&
		(mapped == 1) == (kind&7 == 1) && b[17]&0xc0 == 0
}
