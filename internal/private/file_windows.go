package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openExisting opens a file for reading. It follows no link, and other programs can
// still replace the file.
func openExisting(path string) (*os.File, error) {
	return openHandle(path, windows.GENERIC_READ, windows.OPEN_EXISTING)
}

// createFile creates a file that only the current user may open.
func createFile(path string) (*os.File, error) {
	return openHandle(path, windows.GENERIC_WRITE, windows.CREATE_NEW)
}

// openLock opens a lock file, and creates a missing one.
func openLock(path string) (*os.File, error) {
	return openHandle(path, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.OPEN_ALWAYS)
}

// openHandle opens a file, or creates it for the current user alone.
func openHandle(path string, access, disposition uint32) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	attributes, err := privateAttributes("")
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
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// retry repeats a call for up to a second if it fails because a virus scanner or
// a reader has the file open.
func retry(do func() error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := do()
		temporary := errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
		if !temporary || wait > 500*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}

// makeOne creates one directory for the current user alone, with an access list
// that its content inherits.
func makeOne(dir string) error {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	attributes, err := privateAttributes("OICI")
	if err != nil {
		return err
	}
	if err := windows.CreateDirectory(name, attributes); err != nil {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// rename returns when the new name is on the disk, unlike os.Rename.
func rename(from, to string) error {
	source, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	err = retry(func() error {
		return windows.MoveFileEx(source, target, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
	})
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// syncDir does nothing: Windows has no such call, and NTFS keeps a journal.
func syncDir(string) error { return nil }

// tryLock locks one byte far behind the end of the file, so that others can still
// read and write the content.
func tryLock(file *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, lockedByte())
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	if err != nil {
		return false, &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
	}
	return true, nil
}

func unlock(file *os.File) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, lockedByte())
}

func lockedByte() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

// fileID identifies a file on this machine.
func fileID(file *os.File, _ fs.FileInfo) (string, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x-%x-%x", info.VolumeSerialNumber, info.FileIndexHigh, info.FileIndexLow), nil
}

// privateAttributes returns the attributes of a new file or directory that the current
// user alone may open. The flags are those of [privateDescriptor].
func privateAttributes(flags string) (*windows.SecurityAttributes, error) {
	descriptor, err := privateDescriptor(flags)
	if err != nil {
		return nil, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	return attributes, nil
}
