//go:build !linux

package main

import (
	"context"
	"errors"
)

// sitting is the app on a terminal; there is none on this platform.
type sitting struct{ *command }

func (*world) sit(context.Context, *command) (*sitting, error) { return nil, errors.ErrUnsupported }

func (*sitting) known(context.Context) error           { return errors.ErrUnsupported }
func (*sitting) lasts()                                {}
func (*sitting) ends(context.Context, *world) error    { return errors.ErrUnsupported }
func (*sitting) notices(context.Context, *world) error { return errors.ErrUnsupported }
