package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// sides is a line with a text at each end, each in several forms, longest first. The longest forms that fit are drawn;
// the right side gives way first.
type sides struct {
	left, right           []string
	leftStyle, rightStyle ansi.Style
}

func (s sides) drawn(width int) string {
	width -= 2 * margin
	left, right := s.fitting(width)
	between := max(0, width-text.Columns(left)-text.Columns(right))
	return strings.Repeat(" ", margin) + s.leftStyle.Styled(left) + strings.Repeat(" ", between) + s.rightStyle.Styled(right)
}

func (s sides) fitting(width int) (left, right string) {
	for _, left := range s.left {
		for _, right := range s.right {
			if text.Columns(left)+2+text.Columns(right) <= width {
				return left, right
			}
		}
	}
	left, right = s.left[len(s.left)-1], s.right[len(s.right)-1]
	right = text.Shorten(right, width/2)
	return text.Shorten(left, width-2-text.Columns(right)), right
}

// header shows whose credential is active, from which layer, at which service, in which profile, and which model
// answers.
func (c *cockpit) header(window size) []string {
	session := c.talk.Session()
	first := sides{whoForms(session, c.talk.Unread()), sourceForms(session), c.theme.title, c.theme.muted}
	switch {
	case c.talk.SigningOut():
		first.left, first.right = []string{"Signing out…"}, []string{""}
	case !session.SignedIn:
		first.leftStyle = c.theme.bad
	}
	return c.theme.header(window, first, sides{serviceForms(session), modelForms(session, c.talk.Model()), c.theme.muted, c.theme.muted})
}

// header is two lines and a rule, or less in a low window.
func (t *theme) header(window size, first, second sides) []string {
	lines := []string{first.drawn(window.width), second.drawn(window.width)}
	switch {
	case window.height < 10:
		return lines[:1]
	case window.height < 12:
		return lines
	}
	return append(lines, t.rule(window.width))
}

// rule is a line across the window.
func (t *theme) rule(width int) string {
	return t.muted.Styled(strings.Repeat("─", width))
}

func whoForms(s talk.Session, unread bool) []string {
	switch {
	case unread:
		return []string{"The stored credential could not be read", "Could not be read"}
	case !s.SignedIn:
		return []string{"Not signed in"}
	}
	who := s.Who()
	forms := []string{who}
	if name, address, ok := strings.Cut(who, " <"); ok {
		forms = append(forms, strings.TrimSuffix(address, ">"), name)
	}
	return forms
}

func sourceForms(s talk.Session) []string {
	if !s.SignedIn {
		return []string{"/login signs in", "/login"}
	}
	source := text.Line(s.Source)
	short, _, _ := strings.Cut(source, " (")
	return []string{source, short}
}

// serviceForms drop https:// if it does not fit, but never http://. The profile stays.
func serviceForms(s talk.Session) []string {
	service := text.Line(s.Service)
	short := strings.TrimPrefix(service, "https://")
	if s.Profile == "" {
		return []string{service, short}
	}
	profile := text.Line(s.Profile)
	return []string{service + " · profile " + profile, short + " · profile " + profile, profile + " · " + short}
}

// modelForms drop the maker's name if it does not fit. Only the account service has a default model.
func modelForms(s talk.Session, model string) []string {
	switch {
	case !s.SignedIn:
		return []string{""}
	case model == "" && s.Provider == auth.Mogplex:
		return []string{"default model"}
	case model == "":
		return []string{"/models picks a model", "no model"}
	}
	return []string{model, model[strings.LastIndexByte(model, '/')+1:]}
}
