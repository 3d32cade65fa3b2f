package finetune

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// fallbackMemory is assumed where the system does not say how much there is.
const fallbackMemory = 4 << 30

// availableMemory returns the bytes that a program can still take, those that pages of files take
// for as long as nobody needs them among them.
func availableMemory() int64 { return availableUnder("/") }

// availableUnder is availableMemory of the system whose files are under a folder.
func availableUnder(root string) int64 {
	available := int64(fallbackMemory)
	// MemAvailable counts pages of files that can be given up; MemFree would not.
	if kib, ok := fieldOf(filepath.Join(root, "proc/meminfo"), "MemAvailable:"); ok {
		available = kib << 10
	}
	for _, g := range controlGroups(root) {
		if left, ok := g.left(); ok {
			available = min(available, left)
		}
	}
	return max(0, available)
}

// controlGroup is a folder that says what processes in it may take; a container is one.
type controlGroup struct {
	dir         string
	limit, used string   // files
	pages       []string // fields of memory.stat: what goes when memory is short
}

// controlGroups lists those that this process is in, of both versions (Linux's cgroup-v1/memory.rst
// and cgroup-v2.rst), with all that are around them, whose limits hold too. A container sees its own
// at the top, whatever path it is told.
func controlGroups(root string) []controlGroup {
	paths := []string{"memory:/", ":/"} // as lines of the file are, from the controllers on
	if data, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup")); err == nil {
		for line := range strings.Lines(string(data)) {
			_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
			paths = append(paths, rest)
		}
	}
	var groups []controlGroup
	for _, p := range paths {
		controllers, path, ok := strings.Cut(p, ":")
		if !ok {
			continue
		}
		mounts, g := []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}, controlGroup{limit: "memory.max",
			used: "memory.current"}
		fields := []string{"inactive_file", "active_file", "slab_reclaimable"}
		if strings.Contains(","+controllers+",", ",memory,") {
			mounts, g = []string{"sys/fs/cgroup/memory"}, controlGroup{limit: "memory.limit_in_bytes",
				used: "memory.usage_in_bytes"}
			fields = []string{"total_inactive_file", "total_active_file"}
		} else if controllers != "" {
			continue
		}
		g.pages = fields
		for _, mount := range mounts {
			for at := filepath.Clean("/" + path); ; at = filepath.Dir(at) {
				g.dir = filepath.Join(root, mount, at)
				groups = append(groups, g)
				if at == "/" {
					break
				}
			}
		}
	}
	return groups
}

// left is what can still be taken in a group, if it has a limit: pages of files do not count as
// taken, since the system gives them up first.
func (g controlGroup) left() (int64, bool) {
	limit, ok := numberIn(filepath.Join(g.dir, g.limit))
	if !ok {
		return 0, false // "max", or no such group
	}
	used, ok := numberIn(filepath.Join(g.dir, g.used))
	if !ok {
		return 0, false
	}
	for _, field := range g.pages {
		if pages, ok := fieldOf(filepath.Join(g.dir, "memory.stat"), field); ok {
			used -= pages
		}
	}
	return limit - max(0, used), true
}

// numberIn reads a file that is one number.
func numberIn(file string) (int64, bool) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	v, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return v, err == nil
}

// fieldOf reads the number behind a name that begins a line.
func fieldOf(file, name string) (v int64, ok bool) {
	f, err := os.Open(file)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if n, _ := fmt.Sscanf(lines.Text(), name+" %d", &v); n == 1 {
			return v, true
		}
	}
	return 0, false
}
