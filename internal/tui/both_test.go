package tui

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/plain"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// scene is something that a person types or that happens, and what the app says.
type scene struct {
	types   string               // a line: a command, a prompt, a menu's row, an address; "-" goes back
	happens func(*talktest.Fake) // as another process does
	ctrlC   bool
	says    []string
}

func types(line string, says ...string) scene { return scene{types: line, says: says} }

func sees(says ...string) scene { return scene{says: says} }

func happens(do func(*talktest.Fake), says ...string) scene { return scene{happens: do, says: says} }

var (
	locked  = talktest.Problem{Text: "The keychain is locked.", Hint: "Unlock it."}
	refused = talktest.Problem{Text: "The service does not accept the credential.", SignIn: true}
	unknown = talktest.Problem{Text: "There is no run run-1.", Hint: "Check the address of the run."}
)

// scripts are conversations that go the same way on the screen and line by line.
var scripts = map[string]struct {
	fake  func() *talktest.Fake
	opt   talk.Options
	steps []scene
	ends  error
}{
	"every command": {fake: furnished, steps: []scene{
		types("/help", "/models [ID]", "pick the model that answers"),
		types("/status", "Signed in as Ada Lovelace <ada@example.test>."),
		types("/stauts", "Unknown command: /stauts.", "Did you mean /status?"),
		types("/sync now", "/sync takes no argument."),
		types("/mcp", "github (url, enabled)", "Authorization: ••••"),
		types("/models", "anthropic/claude-sonnet-4.5"),
		types("2", "Now using openai/gpt-5."),
		types("/models groq/llama-3.4", "The catalog has no model groq/llama-3.4.", "Did you mean groq/llama-3.3?"),
		types("/sync", "Models: 3, fetched just now.", "MCP servers: 2, fetched just now."),
		types("hello", "Of two stored copies the newer one wins."),
		types("/logout", "Removed the credential of mogplex from the keychain.", "The conversation starts over", "Signed out. You are not signed in."),
		types("-"),
		types("hello", "You are not signed in.", "/login signs in."),
		types("/quit"),
	}},
	"other profiles": {fake: func() *talktest.Fake {
		f := talktest.SignedIn()
		f.Listed = "* default: mogplex, Ada\n  work: mogplex, Grace\n"
		f.Others = map[string]talk.Session{"work": talktest.Grace, "default": talktest.Ada}
		return f
	}, steps: []scene{
		types("/profile", "* default: mogplex, Ada", "work: mogplex, Grace"),
		types("hello", "Hello, Ada."),
		types("/profile work", "The conversation starts over", "Active now: Grace Hopper <grace@example.test>, from keychain (Secret Service), in profile work."),
		types("/profile empty", "You are not signed in in profile empty.", "/login signs in."),
		types("/profile default", "Active now: Ada Lovelace <ada@example.test>"),
		types("/quit"),
	}},
	"signing in": {fake: talktest.New, steps: []scene{
		types("1", "Sign in with the browser that opens. If none does, open:", "On another machine?"),
		types("http://nonsense", "This is not the address that the browser ended at."),
		types("http://127.0.0.1:24816/auth/callback?code=c", "Signed in as Ada Lovelace <ada@example.test>. The credential is in the keychain (Secret Service)."),
		types("hello", "Hello, Ada."),
		types("/exit"),
	}},
	"storing a key": {fake: talktest.New, steps: []scene{
		types("3", "openai"),
		types("2"),
		types("sk-0123456789", "Stored the openai key in the keychain (Secret Service)."),
		types("/logout", "You are not signed in."),
		types("-"),
		types("/quit"),
	}},
	"a refused token": {fake: func() *talktest.Fake { f := talktest.New(); f.Errs["StoreSecret"] = locked; return f }, steps: []scene{
		types("2"),
		types("mog_0123456789", "The keychain is locked.", "Unlock it."),
		types("-"),
		types("-"),
		types("/quit"),
	}},
	"a start that fails": {
		fake:  func() *talktest.Fake { f := talktest.New(); f.Errs["Session"] = locked; return f },
		steps: []scene{types("1", "The keychain is locked.", "Unlock it."), types("3")},
		ends:  locked,
	},
	"a start that is passed over": {
		fake: func() *talktest.Fake { f := talktest.New(); f.Errs["Session"] = locked; return f },
		steps: []scene{
			types("2", "The stored credential could not be read."),
			happens(func(f *talktest.Fake) { clear(f.Errs) }),
			types("-"),
			types("/quit"),
		},
	},
	"other terminals": {fake: talktest.SignedIn, steps: []scene{
		types("hello", "Hello, Ada."),
		happens(func(f *talktest.Fake) { f.Account = talk.Session{} },
			"The conversation starts over: what was said so far is not sent again.", "Signed out in another terminal.", "/login signs in again."),
		happens(func(f *talktest.Fake) { f.Account = talktest.Ada },
			"Another terminal signed in: Ada Lovelace <ada@example.test>, from keychain (Secret Service)."),
		happens(func(f *talktest.Fake) { f.Account = talktest.OpenAI }, "Changed in another terminal. Active now: openai key, from OPENAI_API_KEY."),
		happens(func(f *talktest.Fake) { f.Errs["Session"] = locked }, "The keychain is locked."),
		happens(func(f *talktest.Fake) { clear(f.Errs); f.Account = talk.Session{Ended: true} }, "The stored sign-in has ended."),
		types("/quit"),
	}},
	"a sign-out that leaves something": {
		fake: func() *talktest.Fake {
			f := talktest.SignedIn()
			f.Env, f.Errs["SignOut"] = talktest.OpenAI, locked
			f.Report = talk.SignedOut{Lines: []string{"Warning: one copy stays."}, Warned: true, Pending: true, StillInEnv: []string{"OPENAI_API_KEY"}}
			return f
		},
		steps: []scene{
			types("/logout", "Warning: one copy stays.", "mogplex keeps trying to end the session there.",
				"OPENAI_API_KEY still signs in; unset it to stop that.", "The keychain is locked.", "Active now: openai key, from OPENAI_API_KEY."),
			types("/quit"),
		},
	},
	"an answer that fails": {
		fake: func() *talktest.Fake { f := talktest.SignedIn(); f.Errs["Prompt"] = refused; return f },
		steps: []scene{
			types("hello", "Hello", "The service does not accept the credential.", "/login signs in again."),
			types("/quit"),
		},
	},
	"an answer that is interrupted": {
		fake: func() *talktest.Fake { f := talktest.SignedIn(); f.Hold("Prompt"); return f },
		steps: []scene{
			types("hello", "Hello"),
			{ctrlC: true, says: []string{"Interrupted.", "Ctrl+C again leaves."}},
			{ctrlC: true},
		},
	},
	"a run to its end": {fake: watching(running, ended("failed", "The tests fail.")), opt: talk.Options{Attach: "run-1"}, steps: []scene{
		sees("Looking at the login page first.", "The run ended: failed.", "The tests fail."),
		types("-"),
		types("/quit"),
	}},
	"a run that is not found": {
		fake: func() *talktest.Fake { f := talktest.SignedIn(); f.Errs["Follow"] = unknown; return f },
		opt:  talk.Options{Attach: "run-1"}, ends: unknown,
		steps: []scene{sees("There is no run run-1.", "Check the address of the run."), types("-"), types("/quit")},
	},
	"a run that was shown, and then failed": {
		fake: func() *talktest.Fake { f := watching(running)(); f.Broken = refused; return f },
		opt:  talk.Options{Attach: "run-1"},
		steps: []scene{
			sees("Looking at the login page first.", "The service does not accept the credential.", "/login signs in again."),
			types("-"),
			types("/quit"),
		},
	},
	"a run that waits for a sign-in": {fake: watching(running, ended("success", "")), opt: talk.Options{Attach: "run-1", Login: true}, steps: []scene{
		types("1"),
		happens(func(f *talktest.Fake) { close(f.Granted) }, "Signed in as Ada", "The run ended: success."),
		types("-"),
		types("/quit"),
	}},
	"a run that nobody was signed in for": {
		fake: talktest.New, opt: talk.Options{Attach: "run-1"}, ends: auth.ErrNotSignedIn,
		steps: []scene{types("-"), types("/quit")},
	},
}

// TestBothFronts plays each script on the screen and line by line. Both must say what the script wants and end with the
// same error, and the lines must say whatever the screen says.
func TestBothFronts(t *testing.T) {
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			var said string
			synctest.Test(t, func(t *testing.T) {
				f := script.fake()
				talktest.Talk(t, f, lines(script.opt), func(p *talktest.Person) {
					p.Wants(p.Hears())
					for _, s := range script.steps {
						byLine(p, f, s)
						time.Sleep(talk.Patience)
					}
					said = flat(p.Said())
					if err := p.Left(); !errors.Is(err, script.ends) {
						t.Errorf("the lines end with %v: %s", err, said)
					}
				})
			})
			bubble(t, script.fake, Options{Options: script.opt}, window80, func(r *rig) {
				for _, s := range script.steps {
					r.plays(s)
					r.wait(talk.Patience)
				}
				if err := r.ends(); !errors.Is(err, script.ends) || !r.quit {
					t.Errorf("the screen ends with %v, left %v", err, r.quit)
				}
				for _, e := range r.cockpit.transcript.entries {
					text := flat(e.whole())
					drawing := e.kind == talk.Prompted || strings.Contains(text, "PgUp") || strings.HasPrefix(text, "Run run-1 ")
					if !drawing && !strings.Contains(said, text) {
						t.Errorf("only the screen says %q: %s", text, said)
					}
				}
			})
		})
	}
}

// lines is the plain mode on a terminal.
func lines(opt talk.Options) talktest.Lines {
	return func(ctx context.Context, s talk.Services, in io.Reader, out io.Writer, interrupts <-chan struct{}) error {
		return plain.Run(ctx, s, plain.Options{Options: opt, Input: in, Output: out, Interrupts: interrupts,
			ReadSecret: func(context.Context, string) (auth.Secret, error) { return auth.NewSecret("mog_0123456789"), nil }})
	}
}

func byLine(p *talktest.Person, f *talktest.Fake, s scene) {
	p.Helper()
	switch line := s.types; {
	case line == "" && s.happens == nil && !s.ctrlC:
	case s.ctrlC:
		p.Interrupts <- struct{}{}
	case s.happens != nil:
		f.Change(func() { s.happens(f) })
	case strings.HasSuffix(line, "0123456789"): // ReadSecret has read it
	case line == "-" && !strings.HasSuffix(p.Said(), "Number: "): // nothing to go back from
	case line == "-":
		p.Types("")
	default:
		p.Types(line)
	}
	p.Hears()
	p.Wants(flat(p.Said()), s.says...)
}

// plays does a scene on the screen.
func (r *rig) plays(s scene) {
	r.Helper()
	l, _ := r.top().(*loginScreen)
	_, starting := r.top().(*startScreen)
	menu := false
	if l != nil {
		_, entry := l.step.(*secretEntry)
		_, waits := l.step.(*waiting)
		menu = !entry && !waits
	}
	switch line := s.types; {
	case line == "" && s.happens == nil && !s.ctrlC:
	case s.ctrlC:
		r.press("ctrl+c")
	case s.happens != nil:
		r.services.Change(func() { s.happens(r.services) })
		r.settle()
	case starting:
		r.press(map[string]string{"1": "r", "2": "l", "3": "q"}[line])
	case line == "-":
		r.press("esc")
	case r.cockpit.picker != nil && l == nil:
		r.press(strings.Fields(strings.Repeat("down ", int(line[0]-'1')))...)
		r.press("enter")
	case menu:
		r.press(line)
	default:
		r.enter(line)
	}
	seen := flat(r.said() + r.screen())
	for _, text := range s.says {
		if !strings.Contains(seen, strings.TrimSpace(text)) {
			r.Errorf("%q is not said:\n%s", text, seen)
		}
	}
}

// said returns the transcripts of the cockpit and of the run.
func (r *rig) said() string {
	var b strings.Builder
	entries := r.cockpit.transcript.entries
	if run := r.runScreen(); run != nil {
		entries = append(entries[:len(entries):len(entries)], run.transcript.entries...)
	}
	for _, e := range entries {
		b.WriteString(e.whole() + "\n")
	}
	return b.String()
}

func (e *entry) whole() string {
	var all []string
	for _, line := range e.lines {
		all = append(all, line.text)
	}
	return strings.Join(all, "\n")
}

func flat(text string) string { return strings.Join(strings.Fields(text), " ") }
