package app

import (
	"context"
	"sync"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// Profiles implements [talk.Services] with an [App] for each profile that the conversation
// uses. Work that began with one App ends with it: its credential, its lists and its log
// are those of one profile.
type Profiles struct {
	ctx     context.Context
	open    func(profile string) (Options, error)
	changed chan struct{}

	mu      sync.Mutex
	current *App
	apps    []*App // the first is the one that the conversation began with
}

var _ talk.Services = (*Profiles)(nil)

// OpenProfiles opens an App that ends with ctx. open returns the options for another
// profile, with an account that [Profiles.Close] closes.
func OpenProfiles(ctx context.Context, first Options, open func(profile string) (Options, error)) *Profiles {
	p := &Profiles{ctx: ctx, open: open, changed: make(chan struct{}, 1)}
	p.use(Open(ctx, first))
	return p
}

// use makes a new App the current one.
func (p *Profiles) use(a *App) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current, p.apps = a, append(p.apps, a)
	go func() {
		for {
			select {
			case <-a.Changed():
				select {
				case p.changed <- struct{}{}:
				default:
				}
			case <-a.ctx.Done():
				return
			}
		}
	}()
}

func (p *Profiles) now() *App {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// UseProfile implements [talk.Services].
func (p *Profiles) UseProfile(_ context.Context, name string) error {
	p.mu.Lock()
	for _, a := range p.apps {
		if a.Account.ProfileName() == name {
			p.current = a
			p.mu.Unlock()
			return nil
		}
	}
	p.mu.Unlock()
	opt, err := p.open(name)
	if err != nil {
		return p.now().failed("profile", err)
	}
	p.use(Open(p.ctx, opt))
	return nil
}

// Close closes every App, see [App.Close].
func (p *Profiles) Close() (late words.Lines) {
	p.mu.Lock()
	apps := p.apps
	p.mu.Unlock()
	for _, a := range apps {
		a.stop()
	}
	for i, a := range apps {
		late = append(late, a.Close()...)
		if i > 0 {
			a.Account.Close()
		}
	}
	return late
}

// Ended is [App.Ended] of the current profile.
func (p *Profiles) Ended(err error) error { return p.now().Ended(err) }

// Session implements [talk.Services].
func (p *Profiles) Session(ctx context.Context) (talk.Session, error) { return p.now().Session(ctx) }

// SignIn implements [talk.Services].
func (p *Profiles) SignIn(ctx context.Context, pasted <-chan string, tell func(talk.SignInNews)) (talk.Stored, error) {
	return p.now().SignIn(ctx, pasted, tell)
}

// StoreSecret implements [talk.Services].
func (p *Profiles) StoreSecret(ctx context.Context, provider string, secret auth.Secret) (talk.Stored, error) {
	return p.now().StoreSecret(ctx, provider, secret)
}

// SignOut implements [talk.Services].
func (p *Profiles) SignOut(ctx context.Context) (talk.SignedOut, error) { return p.now().SignOut(ctx) }

// Status implements [talk.Services].
func (p *Profiles) Status(ctx context.Context) (string, error) { return p.now().Status(ctx) }

// Profiles implements [talk.Services].
func (p *Profiles) Profiles(ctx context.Context) (string, error) { return p.now().Profiles(ctx) }

// Models implements [talk.Services].
func (p *Profiles) Models(ctx context.Context, refresh bool) (talk.Models, error) {
	return p.now().Models(ctx, refresh)
}

// Servers implements [talk.Services].
func (p *Profiles) Servers(ctx context.Context, refresh bool) (talk.Servers, error) {
	return p.now().Servers(ctx, refresh)
}

// Prompt implements [talk.Services].
func (p *Profiles) Prompt(ctx context.Context, conversation talk.Conversation, say func(string)) error {
	return p.now().Prompt(ctx, conversation, say)
}

// Follow implements [talk.Services].
func (p *Profiles) Follow(ctx context.Context, run string, on func(talk.RunUpdate)) error {
	return p.now().Follow(ctx, run, on)
}

// Changed implements [talk.Services].
func (p *Profiles) Changed() <-chan struct{} { return p.changed }

// Explain implements [talk.Services].
func (p *Profiles) Explain(err error) talk.Problem { return p.now().Explain(err) }

// LogCommand implements [talk.Services].
func (p *Profiles) LogCommand(name string) { p.now().LogCommand(name) }

// LogPanic implements [talk.Services].
func (p *Profiles) LogPanic(value any, callers []uintptr) { p.now().LogPanic(value, callers) }
