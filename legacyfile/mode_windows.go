package legacyfile

import (
	"errors"
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

const lockFlags = os.O_CREATE | os.O_RDONLY

// openExisting opens a file for reading and leaves others free to replace it.
// It follows no link.
func openExisting(path string) (*os.File, error) {
	return openHandle(path, windows.GENERIC_READ, windows.OPEN_EXISTING, nil)
}

// createPrivate creates a file that only the current user may open.
func createPrivate(path string) (*os.File, error) {
	descriptor, err := privateDescriptor("")
	if err != nil {
		return nil, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	return openHandle(path, windows.GENERIC_WRITE, windows.CREATE_NEW, attributes)
}

func openHandle(path string, access, disposition uint32, attributes *windows.SecurityAttributes) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	const flags = windows.FILE_ATTRIBUTE_NORMAL | windows.FILE_FLAG_OPEN_REPARSE_POINT
	var handle windows.Handle
	err = retry(func() error {
		handle, err = windows.CreateFile(name, access, share, attributes, disposition, flags, 0)
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if kind, err := windows.GetFileType(handle); err != nil || kind != windows.FILE_TYPE_DISK {
		_ = windows.CloseHandle(handle)
		return nil, ErrNotRegular
	}
	return os.NewFile(uintptr(handle), path), nil
}

// retry waits out virus scanners and readers that hold a file for a moment.
func retry(do func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := do()
		passing := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !passing || wait > 500*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}

func rename(from, to string) error {
	return retry(func() error { return os.Rename(from, to) })
}

// syncDir does nothing: Windows has no such call, and NTFS logs the rename.
func syncDir(string) error { return nil }

func makePrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return protect(dir, "OICI")
}

// privateDescriptor is full access for the current user alone, inherited from
// nowhere. The flags say who inherits it.
func privateDescriptor(flags string) (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := currentUser()
	if err != nil {
		return nil, err
	}
	return windows.SecurityDescriptorFromString("D:P(A;" + flags + ";FA;;;" + user.String() + ")")
}

func protect(path, flags string) error {
	descriptor, err := privateDescriptor(flags)
	if err != nil {
		return err
	}
	dacl, _, err := descriptor.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}

func currentUser() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	return user.User.Sid, nil
}

// trusted reports whether sid is the current user or one that can open every
// file anyway.
func trusted(sid *windows.SID) bool {
	user, err := currentUser()
	return err == nil && sid.Equals(user) ||
		sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		sid.IsWellKnown(windows.WinLocalSystemSid)
}

// checkOwner refuses a file of another user. Files that an administrator
// creates can belong to the Administrators group.
func checkOwner(file *os.File, _ fs.FileInfo) error {
	descriptor, err := windows.GetSecurityInfo(windows.Handle(file.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return err
	}
	if owner == nil || !trusted(owner) {
		return ErrNotOwner
	}
	return nil
}

// checkLinkOwner accepts every link: the owner of the file that it leads to is
// checked.
func checkLinkOwner(fs.FileInfo) error { return nil }

// isOurs accepts every file that sweep found: only those may be removed which
// the access list of their directory lets us remove.
func isOurs(fs.FileInfo) bool { return true }

func laxFile(file *os.File, _ fs.FileInfo) (was string, lax bool) {
	descriptor, err := windows.GetSecurityInfo(windows.Handle(file.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return "its access list can't be read", true
	}
	dacl, _, err := descriptor.DACL()
	if err != nil || dacl == nil {
		return "it has no access list", true
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return "its access list can't be read", true
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && !trusted(sid) {
			return "its access list names others", true
		}
	}
	return "", false
}

func closeFile(file *os.File) error { return protect(file.Name(), "") }

// laxDir looks at nothing: a user's profile is closed to others by inheritance,
// and each file of ours carries an access list of its own.
func laxDir(string, fs.FileInfo) (was string, repairable, lax bool) { return "", false, false }
