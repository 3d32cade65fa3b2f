package stamp

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func Example() {
	file := filepath.Join(os.TempDir(), "pvs-stamp-example")
	defer os.Remove(file)
	if err := os.WriteFile(file, []byte("photo"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	kept, err := Of(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(kept.Same(file))
	if err := os.WriteFile(file, []byte("other"), 0o644); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(kept.Same(file))
	// Output:
	// true <nil>
	// false <nil>
}

func TestSame(t *testing.T) {
	settled = 60 * time.Millisecond
	file := filepath.Join(t.TempDir(), "photo")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)
	write("photo", long)
	fresh, err := Of(file)
	if err != nil || fresh.Modified != 0 {
		t.Errorf("the time of a file that was changed just now is trusted: %v, %v", fresh, err)
	}
	write("other", long) // within the tick of the file system's clock, perhaps
	if same, err := fresh.Same(file); err != nil || same {
		t.Errorf("replaced at once: %t, %v", same, err)
	}
	write("photo", long)
	time.Sleep(settled)
	s, err := Of(file)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Parse(s.String()); err != nil || back != s {
		t.Errorf("read back %v, %v", back, err)
	}
	for _, c := range []struct {
		what, text string
		at         time.Time
		same       bool
	}{
		{"touched", "photo", long.Add(time.Hour), true},
		{"written again", "photo", long, true},
		{"replaced", "other", long.Add(time.Hour), false},
		{"longer", "photos", long, false},
		// Only the time of the entry's change tells this one.
		{"replaced with its time kept", "other", long, runtime.GOOS != "linux"},
	} {
		time.Sleep(20 * time.Millisecond) // the system's clock of file times is coarse
		write(c.text, c.at)
		if same, err := s.Same(file); err != nil || same != c.same {
			t.Errorf("%s: same is %v, %v", c.what, same, err)
		}
	}
	if renewed, same, err := s.Renew(file); err != nil || same != (runtime.GOOS != "linux") || renewed.Size != s.Size {
		t.Errorf("renewed %v: %t, %v", renewed, same, err)
	}
	write("photo", long.Add(time.Hour))
	time.Sleep(settled)
	renewed, same, err := s.Renew(file)
	if err != nil || !same || renewed.Modified != long.Add(time.Hour).UnixNano() || renewed.SHA256 != s.SHA256 {
		t.Errorf("a touched file: %v, %t, %v", renewed, same, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if same, err := s.Same(file); err != nil || same {
		t.Errorf("removed: %v, %v", same, err)
	}
	for _, bad := range []string{"", "1:2:3", "1:2:x:" + s.String()[len(s.String())-64:], "1:2:3:abc",
		"1:2:3:" + fmt.Sprintf("%064s", "z")} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
