package keyringtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	secretsName  = "org.freedesktop.secrets"
	servicePath  = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceIface = "org.freedesktop.Secret.Service"
	loginPath    = servicePath + "/collection/login"
)

var errNoProvider = errors.New("no provider is running")

// busConfig has no <standard_session_servicedirs/>, to keep prompters and providers of the system out.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen> <!-- required, but the command line's address replaces it -->
  <auth>EXTERNAL</auth>
  <servicedir>services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

func (s *Session) startBus(ctx context.Context, activation Activation) error {
	if err := s.writeService(activation); err != nil {
		return err
	}
	config, err := s.writeConfig(busConfig)
	if err != nil {
		return err
	}
	cmd, log, err := s.command("dbus-daemon", "--nofork", "--print-address", "--config-file="+config,
		"--address=unix:path="+dbus.EscapeBusAddressValue(filepath.Join(s.runtime, "bus")))
	if err != nil {
		return err
	}
	defer log.Close()
	ready, stdout, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	cmd.Stdout = stdout
	s.bus, err = start(cmd)
	stdout.Close()
	if err != nil {
		return err
	}
	s.address, err = readLine(ctx, ready)
	if err != nil {
		return s.blame("dbus-daemon", err)
	}
	s.conn, err = dbus.Connect(s.address)
	return err
}

func (s *Session) writeConfig(text string) (path string, err error) {
	path = filepath.Join(s.dir, "bus.conf")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// Forbid makes the bus refuse every call to the provider, as a sandbox does for the programs in it.
func (s *Session) Forbid(ctx context.Context) error {
	const rule = `<deny send_destination="` + secretsName + `"/>` + "\n  </policy>"
	_, err := s.writeConfig(strings.Replace(busConfig, "</policy>", rule, 1))
	if err == nil {
		err = s.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ReloadConfig", 0).Err
	}
	if err != nil {
		return fmt.Errorf("forbid the provider: %w", err)
	}
	return nil
}

// readLine returns one line from a pipe, or an error when ctx ends or the writer does.
func readLine(ctx context.Context, pipe *os.File) (string, error) {
	pipe.SetReadDeadline(time.Now().Add(patience))
	stop := context.AfterFunc(ctx, func() { pipe.SetReadDeadline(time.Now()) })
	defer stop()
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return strings.TrimSpace(line), err
}

// writeService writes what the bus starts for a call to the Secret Service.
func (s *Session) writeService(activation Activation) error {
	services := filepath.Join(s.dir, "services")
	if err := os.MkdirAll(services, 0o700); err != nil || activation == ActivateNothing {
		return err
	}
	command := "gnome-keyring-daemon --start --foreground --components=secrets"
	if activation == ActivateStuck {
		fifo := filepath.Join(s.dir, "stuck")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			return err
		}
		// Its reader ends with the last writer, even if this process is killed.
		var err error
		if s.stuck, err = os.OpenFile(fifo, os.O_RDWR, 0); err != nil {
			return err
		}
		command = "cat '" + fifo + "'"
	}
	// The bus does not search PATH for a service's program.
	name, args, _ := strings.Cut(command, " ")
	program, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("[D-BUS Service]\nName=%s\nExec=%s %s\n", secretsName, program, args)
	return os.WriteFile(filepath.Join(services, secretsName+".service"), []byte(text), 0o600)
}

// owner returns the unique bus name of the provider, or errNoProvider. Nothing is activated.
func (s *Session) owner(ctx context.Context) (string, error) {
	var name string
	err := s.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, secretsName).Store(&name)
	return name, noProvider(err)
}

// signalProvider sends the provider a signal; operation is for the error.
func (s *Session) signalProvider(operation string, signal syscall.Signal) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var pid uint32
	err := noProvider(s.conn.BusObject().
		CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretsName).Store(&pid))
	if err == nil && int(pid) == os.Getpid() {
		err = errNoProvider // a test's own stand-in took the name
	}
	if err == nil {
		err = syscall.Kill(int(pid), signal)
	}
	if err != nil {
		return fmt.Errorf("%s provider: %w", operation, err)
	}
	return nil
}

// noProvider turns the bus's error for a name without an owner into errNoProvider.
func noProvider(err error) error {
	var e dbus.Error
	if errors.As(err, &e) && e.Name == "org.freedesktop.DBus.Error.NameHasNoOwner" {
		return errNoProvider
	}
	return err
}

// poll calls done every few milliseconds until it returns true or an error, or until ctx or patience ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
