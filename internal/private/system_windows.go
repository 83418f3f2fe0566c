package private

import (
	"path/filepath"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// bootID names this machine. It outlives a restart, which no lock does.
func bootID() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer key.Close()
	id, _, _ := key.GetStringValue("MachineGuid")
	return id
}

// fallbackDirs is the directory for programs' data that never roams to another
// machine.
func fallbackDirs(program string) []string {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_LocalAppData, 0)
	if err != nil {
		return nil
	}
	return []string{filepath.Join(dir, program, "locks")}
}

// OnNetwork is always false: see the Linux version.
func OnNetwork(string) bool { return false }
