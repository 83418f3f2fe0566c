package talk

import (
	"context"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// chooseProfile lists the profiles or, if one is named, uses it for the rest of the
// conversation.
func (t *Talk) chooseProfile(name string) {
	if name == "" {
		t.do("Looking at the profiles", func(ctx context.Context) func() {
			profiles, err := t.services.Profiles(ctx)
			return func() { t.sayOutput(profiles, err) }
		})
		return
	}
	t.StopLogin()
	t.do("Opening the profile", func(ctx context.Context) func() {
		err := t.services.UseProfile(ctx, name)
		return func() {
			if err != nil {
				t.explain(err)
				return
			}
			t.look(t.switched)
		}
	})
}

// switched goes on with the credential of another profile.
func (t *Talk) switched(now Session, err error) {
	t.adopt(now)
	t.unread = err != nil
	switch {
	case err != nil:
		t.explain(err)
	case now.SignedIn:
		t.say(Noticed, "Active now: "+activeText(now)+".")
	case now.Ended:
		t.problem(Problem{Text: EndedText, Hint: "/login signs in again."})
	default:
		t.problem(Problem{Text: "You are not signed in in profile " + text.Line(now.Profile) + ".", Hint: "/login signs in."})
	}
	t.warn(now)
}
