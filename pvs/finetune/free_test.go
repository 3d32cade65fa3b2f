package finetune

import (
	"os"
	"path/filepath"
	"testing"
)

// What is free is counted as the system gives it: pages of files are no use of memory, in a
// container's limit either, of both versions of control groups and of those around.
func TestAvailableMemory(t *testing.T) {
	const gib = 1 << 30
	meminfo := "MemTotal:       16777216 kB\nMemFree:          524288 kB\nMemAvailable:    8388608 kB\nCached:         " +
		" 7864320 kB\n"
	stat := "anon 1073741824\nfile 3221225472\ninactive_file 2147483648\nactive_file 1073741824\nslab_reclaimable 0\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no limit", map[string]string{"proc/meminfo": meminfo}, 8 * gib},
		{"v2 in a container", map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "4294967296\n",
			"sys/fs/cgroup/memory.current": "4290000000\n", "sys/fs/cgroup/memory.stat": stat}, 4*gib - (4290000000 - 3*gib)},
		{"v2 without a limit", map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "max\n",
			"sys/fs/cgroup/memory.current": "1\n"}, 8 * gib},
		{"v2 below, limited above", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/user.slice/app\n",
			"sys/fs/cgroup/user.slice/app/memory.max": "max\n", "sys/fs/cgroup/user.slice/memory.max": "3221225472\n",
			"sys/fs/cgroup/user.slice/memory.current": "1073741824\n"}, 2 * gib},
		{"v1 in a container", map[string]string{"proc/meminfo": meminfo,
			"proc/self/cgroup":                           "9:name=systemd:/\n4:memory:/docker/abc\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "4294967296\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "4294967296\n",
			"sys/fs/cgroup/memory/memory.stat": "inactive_file 7\ntotal_inactive_file 2147483648\ntotal_active_file " +
				"536870912\n"}, 5 * gib / 2},
		{"v1 in its own group", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/a/b\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":     "1\n",
			"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "2147483648\n",
			"sys/fs/cgroup/memory/a/b/memory.usage_in_bytes": "1073741824\n"}, gib},
		{"more taken than is allowed", map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "1000\n",
			"sys/fs/cgroup/memory.current": "2000\n"}, 0},
		{"nothing is said", nil, fallbackMemory},
	} {
		root := t.TempDir()
		for name, text := range c.files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := availableUnder(root); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}
