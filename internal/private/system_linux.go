package private

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// bootID identifies this boot of this machine.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// runtimeDirs has a directory for each user, named after the user id.
const runtimeDirs = "/run/user"

// networks are file systems whose files other machines may have open. FUSE is
// among them because sshfs uses it.
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

// OnNetwork reports whether path, or its first existing parent, may be on a file
// system that other machines share. It is false if that is unknown, and on systems
// other than Linux.
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
