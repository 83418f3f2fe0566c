package hosted

import (
	"context"
	"errors"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// What was wrong with an answer. None quotes it.
var (
	errTooLong = errors.New("the answer is longer than 8 MiB")
	errForeign = errors.New("the answer is not one of its API; a proxy or the sign-in page of a network may be in between")
)

// broken is a call that brought no answer. A deadline of the caller's makes the
// service unreachable as much as a limit of ours does; an interruption does not.
func broken(ctx context.Context, status int, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return web.Of(ctx.Err())
	case ctx.Err() != nil:
		err = web.Of(ctx.Err())
	case !errors.Is(err, errTooLong):
		err = web.Of(err)
	}
	return &Error{Kind: ErrUnreachable, Status: status, Err: err}
}
