package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// sides is a line with something at its left and at its right end, each in
// several forms, longest first. The longest that fit are drawn, and of the two
// the right side is shortened first.
type sides struct {
	left, right           []string
	leftStyle, rightStyle ansi.Style
}

func (s sides) drawn(width int) string {
	width -= 2 * margin
	left, right := s.fitting(width)
	between := max(0, width-columnsOf(left)-columnsOf(right))
	return strings.Repeat(" ", margin) + s.leftStyle.Styled(left) + strings.Repeat(" ", between) + s.rightStyle.Styled(right)
}

func (s sides) fitting(width int) (left, right string) {
	for _, left := range s.left {
		for _, right := range s.right {
			if columnsOf(left)+2+columnsOf(right) <= width {
				return left, right
			}
		}
	}
	left, right = s.left[len(s.left)-1], s.right[len(s.right)-1]
	right = shorten(right, width/2)
	return shorten(left, width-2-columnsOf(right)), right
}

// header says whose credential is in force, from which layer, at which service,
// and which model answers.
func (c *cockpit) header(window size) []string {
	t := c.theme
	first := sides{whoForms(c.session), sourceForms(c.session), t.title, t.muted}
	switch {
	case c.leaving:
		first.left, first.right = []string{"Signing out…"}, []string{""}
	case !c.session.SignedIn:
		first.leftStyle = t.bad
	}
	second := sides{serviceForms(c.session), modelForms(c.session, c.model), t.muted, t.muted}
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

func whoForms(s Session) []string {
	switch {
	case s.unknown:
		return []string{"What is stored could not be read", "Could not be read"}
	case !s.SignedIn:
		return []string{"Not signed in"}
	}
	who := oneLine(s.Account)
	if who == "" {
		return []string{keyText(s.Provider)}
	}
	forms := []string{who}
	if name, address, ok := strings.Cut(who, " <"); ok {
		forms = append(forms, strings.TrimSuffix(address, ">"), name)
	}
	return forms
}

// keyText names a credential that no account is known of.
func keyText(provider string) string {
	if provider == auth.Mogplex {
		return "personal access token"
	}
	return oneLine(provider) + " key"
}

func sourceForms(s Session) []string {
	if !s.SignedIn {
		return []string{"/login signs in", "/login"}
	}
	source := oneLine(s.Source)
	short, _, _ := strings.Cut(source, " (")
	return []string{source, short}
}

// serviceForms leave https out where it does not fit. Plain http is always said.
func serviceForms(s Session) []string {
	service := oneLine(s.Service)
	return []string{service, strings.TrimPrefix(service, "https://")}
}

// modelForms leave the maker out where it does not fit. Only the account service
// has a choice of its own.
func modelForms(s Session, model string) []string {
	switch {
	case !s.SignedIn:
		return []string{""}
	case model == "" && s.Provider == auth.Mogplex:
		return []string{"default model"}
	case model == "":
		return []string{"/models picks a model", "no model"}
	}
	model = oneLine(model)
	return []string{model, model[strings.LastIndexByte(model, '/')+1:]}
}
