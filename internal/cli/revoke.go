package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
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

// endSessions revokes tokens (RFC 7009), each sign-in once and all at the same
// time: the refresh token, or the access token if there is no other. What fails
// in passing is tried again, with growing pauses and no sooner than the service
// allows, until ctx ends or has too little time left: for as long as ctx lives if
// it has no deadline. The tokens are in memory alone.
func (s *session) endSessions(ctx context.Context, sessions []auth.Credential) []ending {
	var endings []ending
	for _, c := range sessions {
		same := func(e ending) bool { return e.session.Token.Equal(c.Token) && e.session.Refresh.Equal(c.Refresh) }
		if c.Provider == auth.Mogplex && c.Type == auth.OAuth && !slices.ContainsFunc(endings, same) {
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
	client := s.loginClient(s.settings, origin)
	if c.Refresh.IsZero() {
		return client.Revoke(ctx, c.Token.Reveal(), "access_token")
	}
	return client.Revoke(ctx, c.Refresh.Reveal(), "refresh_token")
}

// issuerOf is the origin of the service that issued a credential. An entry that
// names none is of the default service.
func (s *session) issuerOf(c auth.Credential) string { return cmp.Or(c.Issuer, auth.DefaultOrigin) }

// retire ends the sessions that a new credential replaced, if the service can.
// The sign-in is done: a failure is not worth a word to a person.
func (s *session) retire(ctx context.Context, saved auth.Saved) {
	s.endWithin(ctx, "Ending the former session at the service", saved.Ended())
}

// revokeLost ends a grant that no store holds.
func (s *session) revokeLost(ctx context.Context, c auth.Credential) {
	s.endWithin(ctx, "Ending a session that is not stored", []auth.Credential{c})
}

// endOrAsk ends sessions after a sign-out. If that fails in passing and a person
// is there to ask, the person decides how often it is tried again.
func (s *session) endOrAsk(ctx context.Context, sessions []auth.Credential, ask bool) (settled []ending) {
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
			return settled
		}
		s.say("Press Enter to try again, Ctrl-C to leave it.")
		if !s.entered(ctx) {
			return settled
		}
		settled, sessions = slices.DeleteFunc(settled, ending.passing), left
	}
}

// settle puts what came of ending the sessions into a report. Revoked stays nil
// if there was nothing to end, or if no service offers it.
func (r *logoutReport) settle(s *session, endings []ending) {
	for _, e := range endings {
		ended := e.offered && e.err == nil
		if e.offered || e.err != nil {
			all := ended && (r.Revoked == nil || *r.Revoked)
			r.Revoked = &all
		}
		if !ended {
			r.LivesOn = append(r.LivesOn, s.leftOf(e.session)...)
		}
	}
	for _, c := range r.sessions {
		if c.Type == auth.PAT {
			r.LivesOn = append(r.LivesOn, livesOn{What: "personal_access_token", Issuer: s.issuerOf(c)})
		}
	}
}

// livesOn is a token that the service goes on accepting.
type livesOn struct {
	What   string `json:"what"`
	Until  string `json:"until,omitempty"`
	Issuer string `json:"issuer"`

	until time.Time
}

// leftOf are the tokens of a session that was not ended.
func (s *session) leftOf(c auth.Credential) (left []livesOn) {
	add := func(what string, until time.Time) {
		l := livesOn{What: what, Issuer: printable(s.issuerOf(c)), until: until}
		if !until.IsZero() {
			l.Until = until.UTC().Format(time.RFC3339)
		}
		left = append(left, l)
	}
	if !c.Expired(s.now()) {
		add("access_token", c.ExpiresAt)
	}
	if !c.Refresh.IsZero() {
		add("refresh_token", c.SignInExpiresAt)
	}
	return left
}

func (l livesOn) sentence(now time.Time) string {
	if l.What == "personal_access_token" {
		return "The personal access token still works; delete it at " + l.Issuer + "/settings/api-keys."
	}
	text := "The " + strings.ReplaceAll(l.What, "_", " ") + " still works at " + l.Issuer
	if left := l.until.Sub(now); !l.until.IsZero() && left > 0 {
		return text + ", for " + roughly(left) + " more."
	}
	return text + " until the service ends it."
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
