package keyring

import (
	"syscall"
	"unsafe"
)

// The Security framework is called as the standard library and x/sys call
// macOS' libraries without cgo: a dynamic import, a trampoline in assembly, and
// syscall.syscall, which runs it on a system stack.

//go:cgo_import_dynamic keyring_SecKeychainGetStatus SecKeychainGetStatus "/System/Library/Frameworks/Security.framework/Versions/A/Security"

// getStatusAddr is the trampoline's address, see lockstate_darwin.s.
var getStatusAddr uintptr

//go:linkname syscall_syscall syscall.syscall
func syscall_syscall(fn, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno)

// stateUnlocked is kSecUnlockStateStatus.
const stateUnlocked = 1

// keychainLocked reports whether the default keychain is locked. Asking shows
// no dialog, which no command of `security` promises: its show-keychain-info
// wants the keychain unlocked. A status other than 0 is macOS' error.
func keychainLocked() (locked bool, status int32) {
	var state uint32
	result, _, _ := syscall_syscall(getStatusAddr, 0, uintptr(unsafe.Pointer(&state)), 0) // 0: the default keychain
	return state&stateUnlocked == 0, int32(result)
}
