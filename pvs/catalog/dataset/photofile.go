package dataset

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// photoEnds are what the names of photos end in that imageprep reads; unreadableEnds
// those of images that it does not.
var (
	photoEnds      = imageprep.Extensions()
	unreadableEnds = imageprep.UnreadExtensions()
)

func ending(name string, of []string) bool {
	return slices.Contains(of, strings.ToLower(path.Ext(name)))
}

// startBytes are enough to tell a photo's kind by.
const startBytes = 512

// looksLikePhoto looks at the content of a file whose name does not tell, as 5.jpg_large
// or a name without an ending.
func looksLikePhoto(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close() // only read
	start := make([]byte, startBytes)
	n, _ := io.ReadFull(f, start) // a shorter file is told by what there is
	return imageprep.Recognizes(start[:n])
}

// leftOut is why a file or folder among photos is none of a person's own.
type leftOut string

const (
	noPhoto    leftOut = "no photo by name and content"
	hidden     leftOut = "hidden"
	ofSystem   leftOut = "of the system, as thumbnails, recycle bins and settings of folders are"
	incomplete leftOut = "a download that was not completed"
	elsewhere  leftOut = "a photo that iCloud keeps elsewhere: download it and import again to have it"
	spare      leftOut = "a backup, or a second version that a program for synchronising made"
)

// systemNames are what systems put among photos, in small letters: Windows, macOS, NAS of
// Synology, QNAP, NetApp and others, and programs that keep photos in order.
var systemNames = []string{"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin",
	"system volume information", "found.000", "__macosx", ".ds_store", ".appledouble", ".spotlight-v100", ".fseventsd",
	".trashes", ".thumbnails", ".@__thumb", "icon\r", "network trash folder", "temporary items", "lost+found",
	"@eadir", "#recycle", "@recycle", "@recycle.bin", "#snapshot", "@recently-snapshot", "@sharebin",
	"@tmp", "@__thumb", "~snapshot",
	"zbthumbnail.info", "picasa.ini", ".picasa.ini", "photothumb.db", "_gsdata_"}

// unfinishedEnds are what browsers and programs call a file until it is complete.
var unfinishedEnds = []string{".crdownload", ".part", ".partial", ".download", ".opdownload", ".filepart", ".!ut",
	".!qb", ".aria2", ".tmp", ".temp"}

// streamEnds end the names of what Windows, macOS and Synology note of a file: on other
// systems, as in a copy by WSL, those notes become files.
var streamEnds = []string{":zone.identifier", ":afp_afpinfo", ":afp_resource", ":com.dropbox.attrs",
	":com.dropbox.attributes",
	"@synoeastream", "@synoresource"}

// backupEnds end the names of copies that editors and people keep, and conflicts are in
// those of second versions by Syncthing, Dropbox and Nextcloud, in small letters.
var (
	backupEnds = []string{"~", ".bak", ".orig"}
	conflicts  = []string{".sync-conflict-", "conflicted copy"}
)

// why says by its name alone whether a file or folder is left out, and why.
func why(name string, dir bool) leftOut {
	low := strings.ToLower(name)
	ends := func(of []string) bool {
		return slices.ContainsFunc(of, func(end string) bool { return strings.HasSuffix(low, end) })
	}
	switch {
	case slices.Contains(systemNames, low), strings.HasPrefix(name, "._"), strings.HasPrefix(name, "~$"), ends(streamEnds):
		return ofSystem
	case ends(backupEnds), slices.ContainsFunc(conflicts, func(part string) bool { return strings.Contains(low, part) }):
		return spare
	case !dir && strings.HasSuffix(low, ".icloud"):
		return elsewhere
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
	for _, reason := range []leftOut{noPhoto, ofSystem, hidden, spare, incomplete, elsewhere} {
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
