package dataset

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// photoEnds are what the names of photos end in that imageprep reads; unreadableEnds
// those of images that it does not. Both are told here and nowhere else.
var (
	photoEnds      = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"}
	unreadableEnds = []string{".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".jp2", ".jpx", ".j2k", ".jxl", ".jxr", ".svg", ".psd", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"}
)

func ending(name string, of []string) bool {
	return slices.Contains(of, strings.ToLower(path.Ext(name)))
}

// photoStarts are the first bytes of those photos; of a BMP more is looked at.
var photoStarts = []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF87a", "GIF89a"}

// looksLikePhoto looks at the content of a file whose name does not tell, as 5.jpg_large
// or a name without an ending.
func looksLikePhoto(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close() // only read
	start := make([]byte, 18)
	n, _ := io.ReadFull(f, start) // a shorter file is told by what there is
	start = start[:n]
	switch {
	case slices.ContainsFunc(photoStarts, func(s string) bool { return bytes.HasPrefix(start, []byte(s)) }):
		return true
	case n < 18:
		return false
	case string(start[:4]) == "RIFF" && string(start[8:12]) == "WEBP":
		return true
	}
	// A BMP has four zero bytes where few files that start with BM have them, and the size
	// of its second header.
	return string(start[:2]) == "BM" && string(start[6:10]) == "\x00\x00\x00\x00" &&
		slices.Contains([]byte{12, 16, 40, 52, 56, 64, 108, 124}, start[14]) && string(start[15:18]) == "\x00\x00\x00"
}

// leftOut is why a file or folder among photos is none of a person's own.
type leftOut string

const (
	noPhoto    leftOut = "no photo by name and content"
	hidden     leftOut = "hidden"
	ofSystem   leftOut = "of the system, as thumbnails, recycle bins and settings of folders are"
	incomplete leftOut = "a download that was not completed"
)

// systemNames are what systems put among photos, in small letters: Windows, macOS, NAS of
// Synology, QNAP and others, and programs that keep photos in order.
var systemNames = []string{"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin",
	"system volume information", "found.000", "__macosx", ".ds_store", ".appledouble", ".spotlight-v100", ".fseventsd", ".trashes", ".thumbnails", ".@__thumb", "icon\r", "network trash folder", "temporary items", "lost+found",
	"@eadir", "#recycle", "@recycle", "@recycle.bin", "#snapshot", "@recently-snapshot", "@sharebin", "@tmp", "@__thumb",
	"zbthumbnail.info", "picasa.ini", ".picasa.ini", "photothumb.db", "_gsdata_"}

// unfinishedEnds are what browsers and programs call a file until it is complete.
var unfinishedEnds = []string{".crdownload", ".part", ".partial", ".download", ".opdownload", ".filepart", ".!ut", ".!qb", ".aria2", ".tmp", ".temp"}

// why says by its name alone whether a file or folder is left out, and why.
func why(name string, dir bool) leftOut {
	low := strings.ToLower(name)
	switch {
	case slices.Contains(systemNames, low), strings.HasPrefix(name, "._"), strings.HasPrefix(name, "~$"):
		return ofSystem
	case strings.HasPrefix(name, "."):
		return hidden
	case slices.Contains(unfinishedEnds, path.Ext(low)) && (!dir || path.Ext(low) == ".download"): // Safari's are folders
		return incomplete
	}
	return ""
}

// passed counts what was left out, by the reason, with an example.
type passed struct {
	files, folders map[leftOut]int
	example        map[leftOut]string
}

func (p *passed) add(reason leftOut, at string, dir bool) {
	if p.files == nil {
		p.files, p.folders, p.example = map[leftOut]int{}, map[leftOut]int{}, map[leftOut]string{}
	}
	of := p.files
	if dir {
		of = p.folders
	}
	of[reason]++
	if p.example[reason] == "" {
		p.example[reason] = at
	}
}

// note says how many there were and why.
func (p *passed) note(im *importing) {
	for _, reason := range []leftOut{noPhoto, ofSystem, hidden, incomplete} {
		files, folders := p.files[reason], p.folders[reason]
		what := count(files, "file")
		switch {
		case files == 0 && folders == 0:
			continue
		case files == 0:
			what = count(folders, "folder")
		case folders > 0:
			what += " and " + count(folders, "folder")
		}
		im.note("left out: %s (%s), %s for one", what, reason, filepath.FromSlash(p.example[reason]))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
