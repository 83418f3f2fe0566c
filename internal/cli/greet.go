package cli

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// greet is what bare `mogplex` does off a terminal: it says who is signed in,
// and starts no sign-in.
func (s *session) greet(ctx context.Context) error {
	res, err := s.token(ctx, auth.Query{}, time.Minute)
	if err != nil {
		return err
	}
	s.say("%s", headline(s.statusReport(ctx, res).Active))
	return nil
}
