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

// disk is a small file system of its own, which can be filled up and made read-only.
type disk struct{ dir string }

func mountDisk(dir string) (*disk, error) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=512k,mode=0700"); err != nil {
		return nil, os.NewSyscallError("mount", err)
	}
	return &disk{dir}, nil
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves not a page free.
func (d *disk) fill() error {
	f, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	page := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(page)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return errors.Join(err, f.Close())
}

// protect makes the disk read-only, root or not.
func (d *disk) protect() error { return d.remount(syscall.MS_RDONLY) }

// restore makes the disk writable, with room on it.
func (d *disk) restore() error {
	if err := d.remount(0); err != nil {
		return err
	}
	if err := os.Remove(d.ballast()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (d *disk) remount(flags uintptr) error {
	flags |= syscall.MS_REMOUNT | syscall.MS_NOSUID | syscall.MS_NODEV
	return os.NewSyscallError("mount", syscall.Mount("tmpfs", d.dir, "tmpfs", flags, ""))
}

func (d *disk) unmount() error {
	return os.NewSyscallError("umount", syscall.Unmount(d.dir, syscall.MNT_DETACH))
}
