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
func (*disk) empty() error   { return errors.ErrUnsupported }
func (*disk) unmount() error { return errors.ErrUnsupported }
