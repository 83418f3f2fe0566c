package keyring

import (
	"context"
	"errors"
	"math/rand/v2"
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
	sessionPath         = dbus.ObjectPath("/org/freedesktop/secrets/collection/session")
	noObject            = dbus.ObjectPath("/")
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
	promptInterface     = "org.freedesktop.Secret.Prompt"
	propertiesGet       = "org.freedesktop.DBus.Properties.Get"
	schemaAttribute     = "xdg:schema"
)

const secretServiceName = "Secret Service"

// errFull: the bus accepts no more connections at the moment.
var errFull = errors.New("the D-Bus session bus accepts no more connections")

// dialPause is the first pause before another attempt to connect to a bus that is full.
const dialPause = 10 * time.Millisecond

// secretService is the Linux keychain. go-keyring creates its items, over a connection of this package, which finds,
// reads, changes and deletes them itself: go-keyring's get takes twice the round trips and no context, its set and
// delete treat any item with our two attributes as ours, and it can't list.
type secretService struct {
	service, schema string
	label           func(account string) string
}

func platformBackend(service string, opt Options) Backend {
	return secretService{service: service, schema: opt.Schema, label: opt.Label}
}

// labelFor names an item for people.
func (s secretService) labelFor(name string) string {
	if s.label != nil {
		return s.label(accountName(name))
	}
	return s.service + ": " + accountName(name)
}

func (secretService) Limit() int { return 0 }

// Name is used if the keychain can't be opened.
func (s secretService) Name(ctx context.Context) string {
	conn, err := dialBus(ctx)
	if err != nil {
		return secretServiceName
	}
	defer conn.Close()
	if conn.Hello() != nil {
		return secretServiceName
	}
	return (&connection{conn: conn}).Name(ctx)
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

// Open connects to the session bus and finds the collection that go-keyring uses. It retries until ctx ends if the bus
// accepts no more connections.
func (s secretService) Open(ctx context.Context, access Access) (Vault, error) {
	for pause := dialPause; ; pause = min(2*pause, 10*dialPause) {
		v, err := s.open(ctx, access)
		if !errors.Is(err, errFull) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause + rand.N(pause)):
		}
	}
}

func (s secretService) open(ctx context.Context, access Access) (Vault, error) {
	conn, err := dialBus(ctx)
	if err != nil {
		return nil, classify(err)
	}
	c := &connection{
		conn: conn, backend: s,
		found: map[string]hits{}, deleted: map[string]bool{}, marked: map[dbus.ObjectPath]bool{},
	}
	if err := c.connect(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return &vault{c, access}, nil
}

// busAddress finds the session bus and never starts one. Without an address, godbus would run dbus-launch, which leaves
// a daemon behind at every call.
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

// dialBus connects to the session bus and authenticates, without a Hello yet. The end of ctx ends the dialling but not
// the connection: an abandoned prompt still has to be dismissed over it.
func dialBus(ctx context.Context) (*dbus.Conn, error) {
	addr, err := busAddress()
	if err != nil {
		return nil, err
	}
	dialling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var conn *dbus.Conn
	err = bounded(ctx, cancel, func() (err error) {
		if conn, err = dbus.Dial(addr, dbus.WithContext(dialling)); err == nil {
			err = conn.Auth(nil)
		}
		return err
	})
	if err != nil {
		cancel() // closes the connection too
		return nil, err
	}
	return conn, nil
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
	case errors.Is(err, syscall.EAGAIN): // the bus's queue of waiting connections is full
		return failFor(errFull, ErrUnavailable)
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
		return fail(ErrDenied, "the bus's policy forbids access to it")
	case "DBus.Error.NoReply", "DBus.Error.Disconnected", "Secret.Error.NoSession":
		return lost("the Secret Service ended during the call")
	case "DBus.Error.ServiceUnknown", "DBus.Error.NameHasNoOwner":
		return lost("no Secret Service provider is running")
	case "Secret.Error.NoSuchObject", "DBus.Error.UnknownObject", "DBus.Error.UnknownMethod", "DBus.Error.UnknownInterface":
		return failFor(errNoObject, ErrUnavailable)
	case "DBus.Error.LimitsExceeded":
		return failFor(errFull, ErrUnavailable)
	case "DBus.Error.Timeout", "DBus.Error.TimedOut", "DBus.Error.Spawn.ServiceTimeout":
		return fail(ErrTimeout, "the Secret Service provider did not start")
	}
	return fail(ErrUnavailable, "the Secret Service answered %s", name)
}

// failFor returns an error of the given class with a cause that this package handles.
func failFor(cause, kind error) error { return &Error{Kind: kind, Detail: cause.Error(), cause: cause} }
