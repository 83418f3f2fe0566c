package private

import (
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// bootID identifies this machine, not the boot, which is enough: no lock outlives
// a restart.
func bootID() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer key.Close()
	id, _, _ := key.GetStringValue("MachineGuid")
	return id
}

// fallbackDirs returns a directory in the part of the user's data that does not roam to
// other machines.
func fallbackDirs(program string) []string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, 0)
	if err != nil {
		return nil
	}
	return []string{filepath.Join(dir, program, "locks")}
}

// OnNetwork is always false; see the Linux version.
func OnNetwork(string) bool { return false }
