package keyring

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of the Secret Service API, freedesktop.org's draft 0.2.
const (
	secretsName         = "org.freedesktop.secrets"
	secretsPath         = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath           = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	defaultPath         = dbus.ObjectPath("/org/freedesktop/secrets/aliases/default")
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
	promptInterface     = "org.freedesktop.Secret.Prompt"
	propertiesGet       = "org.freedesktop.DBus.Properties.Get"
)

const secretServiceName = "Secret Service"

// dialPause is how often a bus that is too busy is called again.
const dialPause = 10 * time.Millisecond

// secretService is the Linux keychain. Items are written and deleted by
// go-keyring, over the process' shared bus connection. They are looked for and
// read over a connection of the operation's own: go-keyring's get costs eight
// round trips to these four, knows no context, and can't list.
type secretService struct{ service string }

func platformBackend(service string) Backend { return secretService{service} }

func (secretService) Limit() int { return 0 }

// Name asks the bus which program owns the Secret Service.
func (secretService) Name(ctx context.Context) string {
	conn, err := dialBus(ctx)
	if err != nil {
		return secretServiceName
	}
	defer conn.Close()
	var pid uint32
	if conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretsName).Store(&pid) != nil {
		return secretServiceName
	}
	return secretServiceName + providerSuffix(pid)
}

func providerSuffix(pid uint32) string {
	comm, err := os.ReadFile("/proc/" + strconv.FormatUint(uint64(pid), 10) + "/comm")
	if err != nil {
		return ""
	}
	// comm is cut to 15 bytes: "gnome-keyring-d".
	switch name := strings.TrimSpace(string(comm)); {
	case strings.HasPrefix(name, "gnome-keyring"):
		return " (gnome-keyring)"
	case strings.HasPrefix(name, "keepassxc"):
		return " (KeePassXC)"
	case strings.HasPrefix(name, "kwallet"), strings.HasPrefix(name, "ksecret"):
		return " (KWallet)"
	}
	return ""
}

// Open connects to the session bus and reads whether the collection that
// go-keyring uses is locked.
func (s secretService) Open(ctx context.Context, access Access) (Vault, error) {
	conn, err := dialBus(ctx)
	if err != nil {
		return nil, classify(err)
	}
	v := &vault{conn: conn, service: s.service, access: access}
	if err := v.open(ctx); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// busAddress finds the session bus without ever starting one. godbus, left
// alone, runs dbus-launch, which leaves a daemon behind at every call.
func busAddress() (string, error) {
	addr := strings.TrimSpace(os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if addr != "" && !strings.HasPrefix(addr, "autolaunch:") {
		return addr, nil
	}
	dirs := []string{os.Getenv("XDG_RUNTIME_DIR"), "/run/user/" + strconv.Itoa(os.Getuid())}
	for _, dir := range dirs {
		path := filepath.Join(dir, "bus")
		if info, err := os.Stat(path); dir != "" && err == nil && info.Mode()&os.ModeSocket != 0 {
			return "unix:path=" + dbus.EscapeBusAddressValue(path), nil
		}
	}
	return "", fail(ErrUnavailable, "there is no D-Bus session bus here")
}

// dialBus connects to the session bus. The end of ctx ends the dialling, not the
// connection: a prompt that is given up on is yet to be taken back over it.
func dialBus(ctx context.Context) (*dbus.Conn, error) {
	addr, err := busAddress()
	if err != nil {
		return nil, err
	}
	dialling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var conn *dbus.Conn
	err = bounded(ctx, cancel, func() (err error) {
		conn, err = unhurried(dialling, func() (*dbus.Conn, error) { return dbus.Connect(addr, dbus.WithContext(dialling)) })
		return err
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return conn, nil
}

// unhurried connects to a bus, also to one that has more callers waiting than its
// queue holds: the system says at once then that it is busy.
func unhurried(ctx context.Context, connect func() (*dbus.Conn, error)) (*dbus.Conn, error) {
	for {
		conn, err := connect()
		if !errors.Is(err, syscall.EAGAIN) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(dialPause):
		}
	}
}

// classify turns a D-Bus failure into one of this package's classes.
func classify(err error) error {
	var (
		classed *Error
		bus     dbus.Error
		network *net.OpError
	)
	switch {
	case err == nil, errors.As(err, &classed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &bus):
		return classifyName(bus.Name)
	case errors.Is(err, dbus.ErrClosed):
		return lost("the bus connection was closed")
	case errors.As(err, &network):
		return fail(ErrUnavailable, "the D-Bus session bus does not answer at its address")
	}
	// godbus' own errors about addresses and authentication hold no secret.
	return fail(ErrUnavailable, "%s", strings.TrimPrefix(err.Error(), "dbus: "))
}

func classifyName(name string) error {
	switch strings.TrimPrefix(name, "org.freedesktop.") {
	case "Secret.Error.IsLocked":
		return fail(ErrLocked, "")
	case "DBus.Error.AccessDenied":
		return fail(ErrDenied, "the bus does not let us talk to it")
	case "DBus.Error.NoReply", "DBus.Error.Disconnected", "Secret.Error.NoSession":
		return lost("the Secret Service went away in mid-call")
	case "DBus.Error.ServiceUnknown", "DBus.Error.NameHasNoOwner":
		return lost("no Secret Service provider is running")
	case "Secret.Error.NoSuchObject", "DBus.Error.UnknownObject", "DBus.Error.UnknownMethod", "DBus.Error.UnknownInterface":
		return &Error{Kind: ErrUnavailable, Detail: errNoObject.Error(), cause: errNoObject}
	case "DBus.Error.Timeout", "DBus.Error.TimedOut", "DBus.Error.Spawn.ServiceTimeout":
		return fail(ErrTimeout, "the Secret Service provider did not start")
	}
	return fail(ErrUnavailable, "the Secret Service answered %s", name)
}

func lost(detail string) error { return &Error{Kind: ErrUnavailable, Detail: detail, cause: errLost} }
