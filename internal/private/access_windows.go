package private

import (
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// privateDescriptor gives full access to the current user alone and inherits nothing.
// The flags control its inheritance by a directory's content.
func privateDescriptor(flags string) (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := currentUser()
	if err != nil {
		return nil, err
	}
	return windows.SecurityDescriptorFromString("D:P(A;" + flags + ";FA;;;" + user.String() + ")")
}

func currentUser() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	return user.User.Sid, nil
}

// trusted reports whether sid is the current user, or can open every file anyway.
func trusted(sid *windows.SID) bool {
	user, err := currentUser()
	return err == nil && sid.Equals(user) ||
		sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		sid.IsWellKnown(windows.WinLocalSystemSid)
}

// checkOwner refuses a file of another user. A file that an administrator
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

func checkTrusted(file *os.File, info fs.FileInfo) error { return checkOwner(file, info) }

// checkLinkOwner accepts every link and directory, because checkOwner checks the file
// at their end.
func checkLinkOwner(fs.FileInfo) error { return nil }

// isOurs accepts every file. On Windows the access list of its directory decides
// whether this user can change it.
func isOurs(fs.FileInfo) bool { return true }

func fileOpen(file *os.File, _ fs.FileInfo) (was string, open bool) {
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
			return "its access list names other users", true
		}
	}
	return "", false
}

func closeFile(file *os.File) error {
	descriptor, err := privateDescriptor("")
	if err != nil {
		return err
	}
	dacl, _, err := descriptor.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(file.Name(), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}

// dirOpen reports no directory: those in a user's profile inherit an access list
// without others, and this package gives new ones their own.
func dirOpen(fs.FileInfo) (was string, open bool) { return "", false }

func dirWritable(fs.FileInfo) (mode string, writable bool) { return "", false }
