package keyringtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// patience bounds every wait that the caller's context does not bound sooner. A session takes some 50 ms to start.
const patience = time.Minute

// password is the login collection's.
const password = "it's a \"pass word\""

// Session is a private D-Bus session with its own gnome-keyring. Its processes end with [Session.Close], and with the
// process that started them. It is for one goroutine at a time.
type Session struct {
	dir     string // home and configuration
	runtime string // XDG_RUNTIME_DIR, inside dir unless that made socket names too long
	address string

	conn     *dbus.Conn
	prompter *prompter // nil if nobody is at the desktop
	bus      *process
	provider *process // the one that the session started last, or nil
	stuck    *os.File // an [ActivateStuck] program reads it, and ends when this is closed
}

// Available returns "" if the programs that a session needs are installed, otherwise the name of one that is missing.
func Available() (missing string) {
	for _, name := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// Start runs a session in dir, which must exist, belong to the session alone and outlast it. ctx bounds the start, not the
// session. After an error no program is left running.
func Start(ctx context.Context, dir string, opt Options) (_ *Session, err error) {
	if missing := Available(); missing != "" {
		return nil, fmt.Errorf("start keyring session: %s is not installed", missing)
	}
	s := &Session{dir: dir}
	defer func() {
		if err != nil {
			err = fmt.Errorf("start keyring session: %w", err)
			s.Close()
		}
	}()
	if err := s.makeDirs(); err != nil {
		return nil, err
	}
	if err := s.startBus(ctx, opt.Activation); err != nil {
		return nil, err
	}
	if opt.NoProvider {
		return s, nil
	}
	if opt.Forgets {
		if err := s.forget(); err != nil {
			return nil, err
		}
	}
	return s, s.startProvider(ctx, !opt.NoCollection && !opt.Forgets)
}

// forget makes the session collection gnome-keyring's default one.
func (s *Session) forget() error {
	dir := filepath.Join(s.home(), ".local", "share", "keyrings")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "default"), []byte("session"), 0o600)
}

func (s *Session) makeDirs() error {
	s.runtime = filepath.Join(s.dir, "run")
	// sun_path holds 108 bytes, and gnome-keyring's sockets lie deepest.
	if len(filepath.Join(s.runtime, "keyring", "control")) > 100 {
		short, err := os.MkdirTemp("", "keyring")
		if err != nil {
			return err
		}
		s.runtime = short
	}
	for _, dir := range []string{s.runtime, s.home()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) home() string { return filepath.Join(s.dir, "home") }

// Address returns the bus's address, as in DBUS_SESSION_BUS_ADDRESS.
func (s *Session) Address() string { return s.address }

// Env returns the variables to append to the environment of a program in the session. It sets HOME, and clears the display,
// so that nothing prompts on a developer's desktop.
func (s *Session) Env() []string {
	return []string{
		"DBUS_SESSION_BUS_ADDRESS=" + s.address,
		"XDG_RUNTIME_DIR=" + s.runtime,
		"HOME=" + s.home(),
		"XDG_DATA_HOME=" + filepath.Join(s.home(), ".local", "share"),
		"DISPLAY=",
		"WAYLAND_DISPLAY=",
		"GNOME_KEYRING_CONTROL=",
	}
}

// KillProvider ends the provider by SIGKILL, whether the session or the bus started it, and returns when the bus has
// noticed. It fails if no provider is running.
func (s *Session) KillProvider() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	owner, err := s.owner(ctx)
	if err != nil {
		return fmt.Errorf("kill provider: %w", err)
	}
	if err := s.signalProvider("kill", syscall.SIGKILL); err != nil {
		return err
	}
	err = poll(ctx, func() (bool, error) {
		now, err := s.owner(ctx)
		if errors.Is(err, errNoProvider) {
			return true, nil
		}
		return now != owner, err
	})
	if err != nil {
		return fmt.Errorf("kill provider: %w", err)
	}
	return nil
}

// StopProvider freezes the provider by SIGSTOP: it keeps its name and answers nothing until [Session.ContinueProvider].
func (s *Session) StopProvider() error { return s.signalProvider("stop", syscall.SIGSTOP) }

// ContinueProvider continues a provider that [Session.StopProvider] stopped.
func (s *Session) ContinueProvider() error { return s.signalProvider("continue", syscall.SIGCONT) }

// RestartProvider ends the provider, if one runs, and starts another on the same keyrings. If unlocked, its login
// collection is open, and made if there was none; otherwise the collections stay locked.
func (s *Session) RestartProvider(ctx context.Context, unlocked bool) error {
	if err := s.KillProvider(); err != nil && !errors.Is(err, errNoProvider) {
		return fmt.Errorf("restart provider: %w", err)
	}
	if err := s.startProvider(ctx, unlocked); err != nil {
		return fmt.Errorf("restart provider: %w", err)
	}
	return nil
}

// Close ends provider and bus and waits for them. A second call does nothing. The caller's directory keeps what the session
// wrote.
func (s *Session) Close() error {
	var err error
	s.stopPrompting()
	if s.conn != nil {
		if e := s.signalProvider("kill", syscall.SIGKILL); e != nil && !errors.Is(e, errNoProvider) {
			err = e
		}
		s.conn.Close()
		s.conn = nil
	}
	if s.stuck != nil {
		s.stuck.Close()
		s.stuck = nil
	}
	s.provider.end()
	s.bus.end()
	if s.runtime != filepath.Join(s.dir, "run") {
		err = errors.Join(err, os.RemoveAll(s.runtime))
	}
	if err != nil {
		return fmt.Errorf("close keyring session: %w", err)
	}
	return nil
}
