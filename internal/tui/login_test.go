package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

const secretMark = "mog_MARKofTheSecret0123456789abcdef"

func TestBrowserSignIn(t *testing.T) {
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.shows("Waiting for you")
		if link := "\x1b]8;id=address;" + r.services.Prompted.URL; !strings.Contains(r.View().Content, link) {
			t.Errorf("the address is no link: %q", r.View().Content)
		}
		close(r.services.Granted)
		r.settle()
		if r.loginScreen() != nil || r.talk.Session().ID != talktest.Ada.ID {
			t.Errorf("after the sign-in %+v is active:\n%s", r.talk.Session(), r.screen())
		}
		r.shows("Signed in as Ada Lovelace <ada@example.test>. The credential is in the keychain (Secret Service).")
		r.lacks("another terminal")
	})
}

// An earlier deadline replaces the one on the screen.
func TestSignInShowsOneClock(t *testing.T) {
	sooner := func() *talktest.Fake { f := deadline(); f.Until = time.Now().Add(30 * time.Second); return f }
	bubble(t, sooner, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.wait(2 * time.Second)
		r.shows("0:28 left")
		r.lacks("4:")
	})
}

// The login screen says why nobody is signed in any more.
func TestSignInSaysWhatHappened(t *testing.T) {
	ended := "The sign-in that is stored has ended: sign in again."
	bubble(t, func() *talktest.Fake { f := talktest.New(); f.Account.Warnings = []string{ended}; return f }, Options{}, window80, func(r *rig) {
		r.shows("You are not signed in.", ended)
		r.press("esc")
		r.shows("Not signed in", "! "+ended)
	})
}

// A window of any size shows the key that cancels.
func TestSignInSaysHowToCancel(t *testing.T) {
	for _, window := range []size{window80, window40, {30, 8}, {20, 6}} {
		bubble(t, talktest.New, Options{}, window, func(r *rig) {
			r.press("enter")
			r.shows("Esc cancel")
		})
	}
}

// A pasted address goes to the sign-in in one piece, and is not shown.
func TestPastedAddress(t *testing.T) {
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.send(tea.PasteMsg{Content: "http://127.0.0.1:24816/MARK\n"})
		r.press("enter")
		r.shows("This is not the address that the browser ended at.")
		r.lacks("MARK")
		r.types("h")
		r.lacks("This is not the address")
		r.press("esc")
		r.send(tea.PasteMsg{Content: " http://127.0.0.1:24816/auth/callback?co\n  de=MARK&state=s\n"})
		r.lacks("MARK")
		r.press("enter")
		if got := strings.Join(r.services.Pasted, " "); got != "http://127.0.0.1:24816/MARK http://127.0.0.1:24816/auth/callback?code=MARK&state=s" {
			t.Errorf("%q came", got)
		}
		if r.loginScreen() != nil {
			t.Errorf("the login screen is still there:\n%s", r.screen())
		}
	})
}

// The key c copies the address, unless it is typed into one.
func TestCopyAddress(t *testing.T) {
	bubble(t, talktest.New, Options{}, window40, func(r *rig) {
		r.press("enter", "c")
		r.shows("handed to the clipboard")
		if r.copied != r.services.Prompted.URL {
			t.Errorf("%q was copied", r.copied)
		}
		r.copied = ""
		r.types("hc")
		r.shows("2 characters")
		if r.copied != "" {
			t.Error("typing copied")
		}
	})
}

// late stores a credential although the sign-in was cancelled.
type late struct{ *talktest.Fake }

func (l late) SignIn(ctx context.Context, _ <-chan string, _ func(talk.SignInNews)) (talk.Stored, error) {
	<-ctx.Done()
	l.Account = talktest.Ada
	return l.Stored, nil
}

// Leaving a sign-in cancels it. A credential that it still stored is reported.
func TestSignInIsCancelled(t *testing.T) {
	for _, key := range []string{"esc", "ctrl+c"} {
		bubbleWith(t, talktest.New, func(f *talktest.Fake) talk.Services { return late{f} }, Options{}, window80, func(r *rig) {
			r.press("enter", key)
			if r.shows("Signed in as Ada"); r.loginScreen() != nil {
				t.Errorf("still at the login screen:\n%s", r.screen())
			}
		})
		bubble(t, talktest.New, Options{}, window80, func(r *rig) {
			r.press("enter", key)
			r.shows("recommended")
			if r.talk.Attempt() != nil {
				t.Error("the sign-in goes on")
			}
		})
	}
}

func TestSecretIsStored(t *testing.T) {
	for _, test := range []struct {
		keys     []string
		provider string
	}{{[]string{"2"}, auth.Mogplex}, {[]string{"j", "j", "enter", "k", "j", "enter"}, "openai"}} {
		bubble(t, talktest.New, Options{}, window80, func(r *rig) {
			r.press(test.keys...)
			r.types("slip")
			r.press("backspace", "ctrl+u")
			r.send(tea.PasteMsg{Content: "  " + secretMark[:20] + "\r\n"})
			r.types(secretMark[20:])
			typed := r.top().(*loginScreen).step.(*secretEntry).text
			r.press("enter")
			if len(r.services.Secrets) != 1 || r.services.Secrets[0].Reveal() != secretMark {
				t.Fatalf("not what was typed was stored: %d", len(r.services.Secrets))
			}
			if r.talk.Session().Provider != test.provider || r.loginScreen() != nil {
				t.Errorf("stored for %s:\n%s", r.talk.Session().Provider, r.screen())
			}
			if strings.Trim(string(typed), "\x00") != "" {
				t.Error("the secret is still in the input")
			}
		})
	}
}

// The reason why a paste was refused stays until the next input.
func TestRejectedPasteStaysExplained(t *testing.T) {
	for _, test := range []struct {
		keys  []string
		paste string
		says  string
	}{
		{[]string{"2"}, "two words", "That is more than one word, and was refused."},
		{[]string{"3", "2"}, "two\nlines", "That is more than one word, and was refused."},
		{[]string{"2"}, strings.Repeat("x", hiddenLimit+1), "That is too long, and was refused."},
		{[]string{"1"}, strings.Repeat("x", hiddenLimit+1), "That is too long, and was refused."},
	} {
		bubble(t, talktest.New, Options{}, window80, func(r *rig) {
			r.press(test.keys...)
			r.send(tea.PasteMsg{Content: test.paste})
			r.shows(test.says)
			r.press("enter")
			r.shows(test.says)
			r.send(tea.PasteMsg{Content: secretMark})
			r.lacks("was refused")
			if len(r.services.Secrets) > 0 || len(r.services.Pasted) > 0 {
				t.Error("something was stored or handed on")
			}
		})
	}
}

// A failure stays on the screen, with a way to retry and a way back.
func TestFailureStays(t *testing.T) {
	broken := func() *talktest.Fake {
		f := talktest.New()
		f.Errs["SignIn"] = talktest.Problem{Text: "The service is down.", Hint: "Try later."}
		f.Errs["StoreSecret"] = talktest.Problem{Text: "The token was refused."}
		return f
	}
	bubble(t, broken, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.wait(time.Hour)
		r.shows("The service is down.", "Try later.")
		delete(r.services.Errs, "SignIn")
		r.press("enter")
		r.shows("Waiting for you")
		r.press("esc", "2")
		r.types("mog_x")
		r.press("enter")
		r.shows("The token was refused.")
		r.press("enter")
		r.shows("Paste the personal access token")
		r.press("esc")
		r.shows("recommended")
	})
}

// A sign-in elsewhere during a sign-in here is reported when that ends.
func TestSignedInElsewhereMeanwhile(t *testing.T) {
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.services.Change(func() { r.services.Account = talktest.Ada })
		r.settle()
		r.shows("Waiting for you")
		r.press("esc")
		r.shows("Another terminal signed in", "Ada Lovelace")
	})
}

// A sign-in elsewhere closes the menu, but not a page where something is typed.
func TestSignedInElsewhere(t *testing.T) {
	for keys, stays := range map[string]bool{"": false, "2": true, "3": true} {
		bubble(t, talktest.New, Options{}, window80, func(r *rig) {
			r.types(keys)
			r.services.Change(func() { r.services.Account = talktest.Ada })
			r.settle()
			if (r.loginScreen() != nil) != stays {
				t.Errorf("after %q:\n%s", keys, r.screen())
			}
		})
	}
}
