package keyringtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"
)

// startProvider runs gnome-keyring and returns when it answers. If unlocked, it has an open login collection, made if there
// was none; otherwise the collections on disk, locked.
func (s *Session) startProvider(ctx context.Context, unlocked bool) error {
	s.provider.end()
	args := []string{"--foreground", "--components=secrets"}
	if unlocked {
		args = append(args, "--unlock")
	}
	cmd, log, err := s.command("gnome-keyring-daemon", args...)
	if err != nil {
		return err
	}
	defer log.Close()
	if unlocked {
		cmd.Stdin = strings.NewReader(password)
	}
	s.provider, err = start(cmd)
	if err != nil {
		return err
	}
	err = poll(ctx, func() (bool, error) {
		select {
		case <-s.provider.done:
			return false, errors.New("ended early")
		default:
			return s.ready(ctx, unlocked)
		}
	})
	if err != nil {
		return s.blame("gnome-keyring-daemon", err)
	}
	return nil
}

// ready reports whether the provider answers and, if unlocked, its login collection is open.
func (s *Session) ready(ctx context.Context, unlocked bool) (bool, error) {
	if _, err := s.owner(ctx); errors.Is(err, errNoProvider) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	var collections []dbus.ObjectPath
	if err := s.property(ctx, servicePath, serviceIface, "Collections", &collections); err != nil {
		return false, err
	}
	if !unlocked {
		return true, nil
	}
	if !slices.Contains(collections, loginPath) {
		return false, nil
	}
	locked, err := s.locked(ctx)
	return !locked, err
}

func (s *Session) locked(ctx context.Context) (locked bool, err error) {
	err = s.property(ctx, loginPath, "org.freedesktop.Secret.Collection", "Locked", &locked)
	return locked, err
}

func (s *Session) property(ctx context.Context, path dbus.ObjectPath, iface, name string, value any) error {
	return s.call(ctx, path, "org.freedesktop.DBus.Properties.Get", iface, name).Store(value)
}

// call never activates a provider, so that the session's own calls do not change what tests see.
func (s *Session) call(ctx context.Context, path dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return s.conn.Object(secretsName, path).CallWithContext(ctx, method, dbus.FlagNoAutoStart, args...)
}

// Lock locks the login collection, as a desktop's idle lock does.
func (s *Session) Lock(ctx context.Context) error {
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := s.call(ctx, servicePath, serviceIface+".Lock", []dbus.ObjectPath{loginPath}).Store(&done, &prompt)
	return s.settled(ctx, "lock", true, err)
}

// Unlock unlocks the login collection with its password and without a prompt, as logging in does.
func (s *Session) Unlock(ctx context.Context) error {
	return s.settled(ctx, "unlock", false, s.unlock(ctx))
}

func (s *Session) unlock(ctx context.Context) error {
	var unused dbus.Variant
	var session dbus.ObjectPath
	err := s.call(ctx, servicePath, serviceIface+".OpenSession", "plain", dbus.MakeVariant("")).Store(&unused, &session)
	if err != nil {
		return err
	}
	defer s.call(ctx, session, "org.freedesktop.Secret.Session.Close")
	type secret struct {
		Session     dbus.ObjectPath
		Parameters  []byte
		Value       []byte
		ContentType string
	}
	return s.call(ctx, servicePath, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword",
		loginPath, secret{session, []byte{}, []byte(password), "text/plain"}).Err
}

// settled finishes Lock and Unlock: it checks that a call without an error had its effect.
func (s *Session) settled(ctx context.Context, operation string, want bool, err error) error {
	var locked bool
	if err == nil {
		locked, err = s.locked(ctx)
	}
	if err == nil && locked != want {
		err = errors.New("the login collection did not change")
	}
	if err != nil {
		return fmt.Errorf("%s keyring: %w", operation, err)
	}
	return nil
}

// Items returns the account names of a service's items, in the provider's order.
func (s *Session) Items(ctx context.Context, service string) (accounts []string, err error) {
	var open, locked []dbus.ObjectPath
	err = s.call(ctx, servicePath, serviceIface+".SearchItems", map[string]string{"service": service}).Store(&open, &locked)
	for _, item := range append(open, locked...) {
		var attributes map[string]string
		err = errors.Join(err, s.property(ctx, item, "org.freedesktop.Secret.Item", "Attributes", &attributes))
		accounts = append(accounts, attributes["username"])
	}
	if err != nil {
		return nil, fmt.Errorf("list keyring items: %w", err)
	}
	return accounts, nil
}
