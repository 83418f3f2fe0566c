package keyring

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	// humanDelay is less than anyone takes to read a prompt and dismiss it: a
	// prompt that ended sooner had no prompter to show it.
	humanDelay = 300 * time.Millisecond
)

// unlock unlocks a collection or an item: without a word where the provider
// can, by its prompt where a person is there, else it is ErrLocked.
func (v *vault) unlock(ctx context.Context, path dbus.ObjectPath) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := v.call(ctx, secretsPath, serviceInterface+".Unlock", 0, []any{[]dbus.ObjectPath{path}}, &unlocked, &prompt)
	if err != nil {
		return err
	}
	if prompt == noObject {
		if len(unlocked) == 0 {
			return fail(ErrLocked, "it can't be unlocked from here")
		}
		return nil
	}
	switch open := v.isOpenWallet(ctx, path); {
	case open && !v.access.Attended:
		return v.showToNobody(ctx, prompt)
	case !v.access.Attended:
		v.dismiss(prompt)
		return fail(ErrLocked, "%s", PromptBlocked())
	case !open:
		announce(v.access.OnPrompt)
	}
	return v.show(ctx, prompt)
}

// announce says that a person is waited for.
func announce(how func()) {
	if how != nil {
		how()
	}
}

// show shows a prompt and waits for the person, the provider's end, or
// the end of ctx.
func (v *vault) show(ctx context.Context, prompt dbus.ObjectPath) error {
	signals := make(chan *dbus.Signal, 8)
	v.conn.Signal(signals)
	defer v.conn.RemoveSignal(signals)
	matches := [][]dbus.MatchOption{
		{dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface(promptInterface)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)},
	}
	for _, m := range matches {
		if err := v.conn.AddMatchSignalContext(ctx, m...); err != nil {
			return classify(err)
		}
	}
	shown := time.Now()
	if err := v.call(ctx, prompt, promptInterface+".Prompt", 0, []any{""}); err != nil {
		v.dismiss(prompt)
		return err
	}
	for {
		select {
		case s, open := <-signals:
			if !open || s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return lost("the Secret Service went away while it was asking for the password")
			}
			if s.Path == prompt && s.Name == promptInterface+".Completed" {
				return completed(s.Body, time.Since(shown))
			}
		case <-ctx.Done():
			v.dismiss(prompt)
			return ctx.Err()
		}
	}
}

// completed reads the body of Prompt.Completed: (dismissed b, result v).
func completed(body []any, took time.Duration) error {
	var dismissed bool
	if len(body) == 0 || dbus.Store(body[:1], &dismissed) != nil {
		return fail(ErrUnavailable, "the end of the unlock prompt has the wrong form")
	}
	switch {
	case !dismissed:
		return nil
	case took < humanDelay:
		return fail(ErrLocked, "there is nothing here that could ask for its password")
	}
	return &Error{Kind: ErrDenied, Detail: errDismissed.Error(), cause: errDismissed}
}

// dismiss takes a prompt back. Nothing depends on the answer.
func (v *vault) dismiss(prompt dbus.ObjectPath) {
	v.conn.Object(secretsName, prompt).Go(promptInterface+".Dismiss", dbus.FlagNoReplyExpected, nil)
}
