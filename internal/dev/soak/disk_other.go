//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// disk is a small file system of its own; there is none on this platform.
type disk struct{}

func mountDisk(string) (*disk, error) { return nil, errors.ErrUnsupported }

func (*disk) fill() error    { return errors.ErrUnsupported }
func (*disk) protect() error { return errors.ErrUnsupported }
func (*disk) restore() error { return errors.ErrUnsupported }
func (*disk) unmount() error { return errors.ErrUnsupported }
