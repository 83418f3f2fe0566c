package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// ownGroup keeps the terminal's Ctrl-C, which is for this program, from a command.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

const (
	diskSize    = 512 << 10
	diskOptions = "size=512k,mode=0700"
)

// disk is a small file system of its own, which can be filled up and made read-only.
type disk struct{ dir string }

func mountDisk(dir string) (*disk, error) {
	err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, diskOptions)
	return &disk{dir}, os.NewSyscallError("mount", err)
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves no page free.
func (d *disk) fill() error {
	if err := os.WriteFile(d.ballast(), make([]byte, diskSize), 0o600); !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return nil
}

// protect makes the disk read-only, for root too, unless a file is open for writing.
func (d *disk) protect() error {
	if err := d.remount(syscall.MS_RDONLY); !errors.Is(err, syscall.EBUSY) {
		return err
	}
	return nil
}

func (d *disk) remount(flags uintptr) error {
	flags |= syscall.MS_REMOUNT | syscall.MS_NOSUID | syscall.MS_NODEV
	return os.NewSyscallError("mount", syscall.Mount("tmpfs", d.dir, "tmpfs", flags, ""))
}

// restore makes the disk writable, with room on it.
func (d *disk) restore() error {
	return errors.Join(d.remount(0), os.RemoveAll(d.ballast()))
}

func (d *disk) unmount() error {
	return os.NewSyscallError("umount", syscall.Unmount(d.dir, syscall.MNT_DETACH))
}
