package cli

import (
	"bufio"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/login"
)

const (
	// endLimit bounds the ending of sessions where a command waits for it.
	endLimit = 5 * time.Second
	// The pauses between tries double from the first one to the longest.
	firstPause, longestPause = 250 * time.Millisecond, time.Minute
)

// errGivenUp is why a session that was still being ended goes on.
var errGivenUp = errors.New("it did not answer for as long as was waited")

// ending is what came of ending one session at the service that issued it.
type ending struct {
	session auth.Credential
	offered bool  // the service offers it, as far as is known
	err     error // of the last try
}

// passing reports that another try may succeed.
func (e ending) passing() bool {
	return errors.Is(e.err, login.ErrUnreachable) || errors.Is(e.err, login.ErrRateLimited)
}

// endSessions revokes refresh tokens (RFC 7009), once each and all at the same
// time. What fails in passing is tried again, with growing pauses and no sooner
// than the service allows, until ctx ends or has too little time left: for as
// long as ctx lives if it has no deadline. The tokens are in memory alone.
func (s *session) endSessions(ctx context.Context, sessions []auth.Credential) []ending {
	var endings []ending
	for _, c := range sessions {
		same := func(e ending) bool { return e.session.Refresh.Equal(c.Refresh) }
		if c.Refreshable() && !slices.ContainsFunc(endings, same) {
			endings = append(endings, ending{session: c})
		}
	}
	var all sync.WaitGroup
	for i := range endings {
		all.Go(func() { s.endSession(ctx, &endings[i]) })
	}
	all.Wait()
	return endings
}

func (s *session) endSession(ctx context.Context, e *ending) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if e.offered, e.err = s.revoke(ctx, e.session); errors.Is(e.err, context.Canceled) {
			e.err = errGivenUp
		}
		wait := pause
		if refused := (*login.Error)(nil); errors.As(e.err, &refused) {
			wait = max(pause, refused.RetryAfter)
		}
		if end, ok := ctx.Deadline(); !e.passing() || ok && time.Until(end) <= wait {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// endWithin is endSessions for as long as a command waits.
func (s *session) endWithin(ctx context.Context, doing string, sessions []auth.Credential) (endings []ending) {
	ctx, cancel := context.WithTimeout(ctx, endLimit)
	defer cancel()
	_ = s.patiently(doing, func() error {
		endings = s.endSessions(ctx, sessions)
		return nil
	})
	return endings
}

// revoke ends a credential at the service that issued it, and at no other.
func (s *session) revoke(ctx context.Context, c auth.Credential) (offered bool, err error) {
	origin := s.issuerOf(c)
	if _, err := login.CheckOrigin(origin, s.dev); err != nil {
		return false, err
	}
	return s.loginClient(origin).Revoke(ctx, c.Refresh.Reveal(), "refresh_token")
}

// issuerOf is the origin of the service that issued a credential.
func (s *session) issuerOf(c auth.Credential) string {
	if c.Issuer == "" {
		return s.origin
	}
	return c.Issuer
}

// retire ends the sessions that the new one replaced, where the service can.
// The sign-in is done: a failure is not worth a word to a person.
func (s *session) retire(ctx context.Context, before []auth.Credential, now auth.Credential) {
	s.endWithin(ctx, "Ending the former session at the service", replaced(before, now))
}

// replaced are the credentials whose session is another than the new one's.
func replaced(before []auth.Credential, now auth.Credential) []auth.Credential {
	return slices.DeleteFunc(before, func(c auth.Credential) bool { return c.Refresh.Equal(now.Refresh) })
}

// endOrAsk ends sessions after a sign-out. Where that fails in passing and a
// person is there to ask, the person decides how often it is tried again. It returns
// nil where there was nothing to end or no service offers it, else whether all
// that there was is ended.
func (s *session) endOrAsk(ctx context.Context, sessions []auth.Credential, ask bool) (ended *bool) {
	var settled []ending
	for {
		var left []auth.Credential
		endings := s.endWithin(ctx, "Ending the session at the service", sessions)
		for _, e := range endings {
			if e.passing() {
				left = append(left, e.session)
			}
		}
		s.sayFailed(endings)
		settled = append(settled, endings...)
		if len(left) == 0 || s.json || !ask || !s.attended() {
			break
		}
		s.say("Press Enter to try again, Ctrl-C to leave it.")
		if !s.entered(ctx) {
			break
		}
		settled, sessions = slices.DeleteFunc(settled, ending.passing), left
	}
	return s.sayEnded(settled)
}

// sayEnded says where a session lives on, and returns what endOrAsk does.
func (s *session) sayEnded(settled []ending) (ended *bool) {
	var origins []string
	for _, e := range settled {
		if e.err != nil || e.offered {
			all := e.err == nil && (ended == nil || *ended)
			ended = &all
		}
		if origin := s.issuerOf(e.session); e.err != nil && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
			s.say("The session lives on at %s until it expires.", printable(origin))
		}
	}
	return ended
}

// sayFailed tells each cause once.
func (s *session) sayFailed(endings []ending) {
	var told []string
	for _, e := range endings {
		if e.err == nil || slices.Contains(told, e.err.Error()) {
			continue
		}
		told = append(told, e.err.Error())
		s.say("The session could not be ended at the service: %s", sentence(e.err))
	}
}

// entered waits for a line to be typed. It is false where the input or ctx ends
// first: a read that is left behind then ends with the program.
func (s *session) entered(ctx context.Context) bool {
	typed := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(s.stdin).ReadString('\n')
		typed <- err
	}()
	select {
	case err := <-typed:
		return err == nil
	case <-ctx.Done():
		return false
	}
}
