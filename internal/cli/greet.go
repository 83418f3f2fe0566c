package cli

import (
	"context"
	"errors"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// greet is what bare `mogplex` does: it says who is signed in, and signs a
// person in where nobody is. Off a terminal it never starts a sign-in.
func (s *session) greet(ctx context.Context) error {
	res, err := s.token(ctx, auth.Query{}, time.Minute)
	again := errors.Is(err, auth.ErrNotSignedIn) || errors.Is(err, auth.ErrExpired) || errors.Is(err, auth.ErrRejected)
	switch {
	case again && s.attended():
		return s.browserSignIn(ctx, signInOptions{open: true, timeout: 5 * time.Minute})
	case err != nil:
		return err
	}
	s.say("%s", headline(s.statusReport(ctx, res).Active))
	if s.attended() {
		s.say("`mogplex --help` lists the commands.")
	}
	return nil
}
