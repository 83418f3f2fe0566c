package private

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// bootID names this run of this machine's kernel.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// runtimeDirs are where the system keeps a directory for each user.
const runtimeDirs = "/run/user"

// networks are the file systems whose files other machines may have open. FUSE
// is one of them: sshfs is more common than a local one.
var networks = map[uint32]bool{
	unix.NFS_SUPER_MAGIC:   true,
	unix.CIFS_SUPER_MAGIC:  true,
	unix.SMB_SUPER_MAGIC:   true,
	unix.SMB2_SUPER_MAGIC:  true,
	unix.FUSE_SUPER_MAGIC:  true,
	unix.AFS_SUPER_MAGIC:   true,
	unix.AFS_FS_MAGIC:      true,
	unix.CODA_SUPER_MAGIC:  true,
	unix.CEPH_SUPER_MAGIC:  true,
	unix.V9FS_MAGIC:        true,
	unix.OCFS2_SUPER_MAGIC: true,
}

// OnNetwork reports whether path, or the directory that it would be in, may be
// on a file system that other machines share. It is false if that can't be
// known, and on systems other than Linux.
func OnNetwork(path string) bool {
	for {
		var stat unix.Statfs_t
		if unix.Statfs(path, &stat) == nil {
			return networks[uint32(stat.Type)]
		}
		if path == filepath.Dir(path) {
			return false
		}
		path = filepath.Dir(path)
	}
}
