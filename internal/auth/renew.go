package auth

import (
	"context"
	"errors"
	"fmt"
)

// renew renews the credential of res: lock, read again, and only if it is
// still due: prove the store writable, ask the service, store the answer, and
// only then use it.
func (m *Manager) renew(ctx context.Context, res Result, due func(Credential) bool) (Result, error) {
	wait := LockWait
	if !res.Credential.Expired(m.Now()) {
		wait = briefWait
	}
	unlock, err := m.Lock(ctx, res.Credential.Provider, wait)
	if err != nil {
		return m.keep(res, err)
	}
	defer unlock()
	again, err := m.Resolve(ctx, Query{Provider: res.Credential.Provider})
	switch {
	case errors.Is(err, ErrNotSignedIn), errors.Is(err, ErrOtherOrigin):
		return again, err // signed out meanwhile: what is in hand is not ours to use
	case err != nil:
		return m.keep(res, err)
	case !due(again.Credential) || m.renewedBy(again.Credential, res.Credential):
		return again, nil
	case !again.Credential.Refreshable():
		return m.keep(again, ErrNotRefreshable)
	}
	return m.spend(ctx, again)
}

// renewedBy reports that c is another process' renewal of old, and works.
func (m *Manager) renewedBy(c, old Credential) bool {
	return !c.Token.Equal(old.Token) && c.livesUntil(m.Now().Add(freshEnough))
}

// spend uses the refresh token, under the lock.
func (m *Manager) spend(ctx context.Context, res Result) (Result, error) {
	// Storing what is there already, a moment newer so that it shows, proves
	// that a store can be written, and brings it into the first that can.
	proof, err := m.Save(ctx, res.Credential, res.Credential.SavedAt)
	if err != nil {
		return m.keep(res, fmt.Errorf("not refreshed: %w", err))
	}
	if err := m.prepare(ctx); err != nil {
		return m.keep(res, fmt.Errorf("not refreshed: %w", err))
	}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	// From the request to the stored answer the caller's cancellation does not
	// count, and the request has the whole limit.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshLimit)
	defer cancel()
	fresh, err := m.Refresh(ctx, res.Credential)
	if err != nil { // what there is stays where the proof has put it, which is said
		res.Credential, res.Source, res.Path = proof.Credential, proof.Layer, proof.Path
		res.Warnings = append(res.Warnings, proof.Warnings...)
	}
	if errors.Is(err, ErrRejected) {
		return m.rejected(ctx, res, err)
	}
	if err != nil {
		return m.keep(res, err)
	}
	saved, err := m.Save(context.WithoutCancel(ctx), fresh, m.Now())
	res.Warnings = append(res.Warnings, saved.Warnings...)
	if err != nil {
		// The answer is the only token left that works: it is used, out loud.
		res.Credential = fresh
		res.Warnings = append(res.Warnings, "the renewed token could not be stored and is lost when this command ends; sign in again")
		return res, nil
	}
	res.Credential, res.Source, res.Path = saved.Credential, saved.Layer, saved.Path
	return res, nil
}

// prepare readies the layers for the case that the first ones fail by the time
// the answer is there. Where that fails, the store that was writable a moment
// ago is not any more, and the refresh token is better not spent. What is
// damaged stays so, and is not worth giving up for.
func (m *Manager) prepare(ctx context.Context) error {
	for _, l := range m.Layers {
		if l.Prepare == nil || l.Disabled {
			continue
		}
		if err := l.Prepare(ctx); err != nil && l.State(err) != Corrupt {
			return err
		}
	}
	return nil
}

// rejected handles invalid_grant: another machine with the same home may have
// won, so the store decides once more before anyone is told to sign in again.
func (m *Manager) rejected(ctx context.Context, res Result, cause error) (Result, error) {
	again, err := m.Resolve(ctx, Query{Provider: res.Credential.Provider})
	if err == nil && m.renewedBy(again.Credential, res.Credential) {
		return again, nil
	}
	return m.keep(res, cause)
}

// keep goes on with the token in hand where it still works, and says why it
// was not renewed; where it does not, the reason is the error.
func (m *Manager) keep(res Result, reason error) (Result, error) {
	if res.Credential.Expired(m.Now()) || errors.Is(reason, context.Canceled) {
		return res, reason
	}
	res.NotRenewed = reason
	return res, nil
}
