package tui

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

func deadline() *talktest.Fake {
	f := talktest.New()
	f.Prompted.Deadline = time.Now().Add(5 * time.Minute)
	return f
}

// states are the pages of the login screen, and how to reach them.
var states = []struct {
	name   string
	golden bool
	input  bool // the page has an input
	fake   func() *talktest.Fake
	reach  func(r *rig)
}{
	{"menu", true, false, talktest.New, func(r *rig) {}},
	{"menu signed in", false, false, talktest.SignedIn, func(r *rig) {}},
	{"providers", false, false, talktest.New, func(r *rig) { r.press("3", "end") }},
	{"secret", true, true, talktest.New, func(r *rig) { r.press("2"); r.types(secretMark) }},
	{"secret refused", false, true, talktest.New, func(r *rig) { r.press("2"); r.send(tea.PasteMsg{Content: "two words"}) }},
	{"storing", false, false, func() *talktest.Fake { f := talktest.New(); f.Hold("StoreSecret"); return f },
		func(r *rig) { r.press("3", "9"); r.types("key"); r.press("enter"); r.wait(time.Second) }},
	{"preparing", false, false, func() *talktest.Fake { f := talktest.New(); f.Hold("SignIn"); return f },
		func(r *rig) { r.press("enter") }},
	{"waiting", true, true, deadline, func(r *rig) { r.press("enter"); r.wait(13 * time.Second); r.types("http://127.0.0.1") }},
	{"waiting with a code", false, true, func() *talktest.Fake {
		f := deadline()
		f.Prompted.UserCode, f.Prompted.VerifyURL, f.Prompted.Listening = "ABCD-EFGH", "https://mogplex.com/device", false
		return f
	}, func(r *rig) { r.press("enter", "c") }},
	{"paste rejected", false, true, deadline, func(r *rig) { r.press("enter"); r.types("http"); r.press("enter") }},
	{"failure", true, false, func() *talktest.Fake {
		f := talktest.New()
		f.Errs["SignIn"] = talktest.Problem{Text: "The service could not be reached: connection refused.", Hint: "Check the network, or the proxy in HTTPS_PROXY, and try again."}
		return f
	}, func(r *rig) { r.press("enter") }},
	{"wide failure", false, false, func() *talktest.Fake {
		f := talktest.New()
		f.Errs["SignIn"] = talktest.Problem{Text: strings.Repeat("サーバーに接続できません。", 40), Hint: strings.Repeat("ネットワーク", 30)}
		return f
	}, func(r *rig) { r.press("enter") }},
}

// Every page fits every window, also after a resize: the rig checks.
func TestLoginScreens(t *testing.T) {
	for _, state := range states {
		for _, window := range []size{window80, window40, {120, 40}, {20, 6}, {19, 5}, {1, 1}, {33, 7}} {
			name := fmt.Sprintf("%s %dx%d", state.name, window.width, window.height)
			t.Run(name, func(t *testing.T) {
				bubble(t, state.fake, Options{Options: talk.Options{Login: true}}, window, func(r *rig) {
					state.reach(r)
					if state.golden && (window == window80 || window == window40) {
						r.golden("login-" + strings.ReplaceAll(name, " ", "-"))
					}
					if input := r.View().Cursor != nil; input != state.input && window.width >= smallest {
						t.Errorf("an input is shown: %t\n%s", input, r.screen())
					}
					if strings.Contains(r.View().Content, "MARK") {
						t.Error("the secret is on the screen")
					}
					for width := range 90 {
						r.send(tea.WindowSizeMsg{Width: width, Height: 1 + width/3})
					}
				})
			})
		}
	}
}

// After random keys, the screen fits its window and shows no secret.
func TestRandomKeys(t *testing.T) {
	keys := []string{"enter", "esc", "up", "down", "tab", "1", "2", "3", "c", "j", "k", "backspace", "ctrl+u", "ctrl+c", "x", "界"}
	for seed := range uint64(30) {
		f := func() *talktest.Fake {
			f := talktest.New()
			f.Errs["StoreSecret"] = talktest.Problem{Text: "Refused."}
			return f
		}
		bubble(t, f, Options{}, window40, func(r *rig) {
			random := rand.New(rand.NewPCG(seed, 1))
			for range 150 {
				switch random.IntN(12) {
				case 0:
					r.send(tea.WindowSizeMsg{Width: 1 + random.IntN(100), Height: 1 + random.IntN(40)})
				case 1:
					r.send(tea.PasteMsg{Content: "MARK" + strings.Repeat("\x1b[2J é", random.IntN(3))})
				case 2:
					r.wait(time.Duration(random.IntN(2000)) * time.Millisecond)
				case 3:
					r.services.Change(func() { r.services.Account = []talk.Session{{}, talktest.Ada}[random.IntN(2)] })
					r.settle()
				default:
					r.press(keys[random.IntN(len(keys))])
				}
				if content := r.View().Content; r.loginScreen() != nil && strings.Contains(content, "MARK") || strings.Contains(content, "\x1b[2J") {
					t.Fatalf("on the screen: %q", content)
				}
			}
		})
	}
}
