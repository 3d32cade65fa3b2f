package chart

import (
	"os"
	"path/filepath"
	"testing"
)

// Pages show photos as JPEGs that they hold themselves, so that browsers show kinds that they do not know, upright.
func TestThumbnailOfPhonePhoto(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../imageprep/testdata/cases/unsupported-sentence/other.heic")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "photo.jpg") // whatever its name
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if m, ok := thumbnail(path, 32); !ok || m.Bounds().Dx() != 32 {
		t.Error("it is not shown")
	}
	if m := fitted("../imageprep/testdata/cases/exif-missed/exif_MM.jpg", 61); m == nil || m.Bounds().Dx() != 47 ||
		m.Bounds().Dy() != 61 {
		t.Error("it is not shown upright")
	}
}
