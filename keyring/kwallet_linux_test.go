package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// kwallet is a KWallet 5 with one wallet, closed at first.
type kwallet struct {
	*testing.T
	conn *dbus.Conn
}

// startKWallet starts a headless KWallet on a session bus without another provider.
// A wallet becomes a collection when the daemon starts, so the daemon is started
// once to make the wallet, and again.
func startKWallet(t *testing.T, settings string) kwallet {
	t.Helper()
	deep.Only(t)
	installed(t, "kwalletd5")
	s := session(t, keyringtest.Options{NoProvider: true})
	config := filepath.Join(os.Getenv("HOME"), ".config")
	t.Setenv("XDG_CONFIG_HOME", config)
	if err := os.MkdirAll(config, 0o700); err != nil {
		t.Fatal(err)
	}
	text := "[Wallet]\nEnabled=true\nFirst Use=false\n" + settings
	if err := os.WriteFile(filepath.Join(config, "kwalletrc"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := kwallet{t, dial(t, s)}
	stop := w.start()
	w.open()
	stop()
	eventually(t, "the first KWallet is gone", func() bool { return !w.owned() })
	w.start()
	return w
}

func (w kwallet) start() (stop func()) {
	w.Helper()
	stop = startProvider(w.T, "", "kwalletd5")
	eventually(w.T, "KWallet has its name", w.owned)
	return stop
}

func (w kwallet) owned() bool {
	var yes bool
	_ = w.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, stubName).Store(&yes)
	return yes
}

func (w kwallet) call(method string, args ...any) *dbus.Call {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), limit)
	defer cancel()
	call := w.conn.Object(stubName, "/modules/kwalletd5").CallWithContext(ctx, "org.kde.KWallet."+method, 0, args...)
	if call.Err != nil {
		w.Fatalf("%s: %v", method, call.Err)
	}
	return call
}

// open opens the wallet as a login to the desktop does, with the key derived from
// the password.
func (w kwallet) open() {
	w.Helper()
	w.call("pamOpen", "kdewallet", bytes.Repeat([]byte("k"), 56), int32(0))
	var open bool
	if err := w.call("isOpen", "kdewallet").Store(&open); err != nil || !open {
		w.Fatalf("the wallet is open: %v, %v", open, err)
	}
}

func TestContractOfKWallet(t *testing.T) {
	startKWallet(t, "").open()
	k := open(keyring.Options{Timeout: 5 * limit}) // the largest value is a lot
	if got := k.Backend(t.Context()); got != "Secret Service (KWallet)" {
		t.Errorf("backend %q", got)
	}
	testContract(t, k)
}

// KWallet's window asks for the password, and go-keyring would wait for it without a
// limit.
func TestALockedKWalletEndsAtTheTimeLimit(t *testing.T) {
	w := startKWallet(t, "")
	wantClass(t, keyring.Options{}, keyring.ErrLocked)
	w.open()
	if err := open(keyring.Options{}).Set(t.Context(), "a", []byte("v")); err != nil {
		t.Fatal(err)
	}
	w.call("closeAllWallets")
	wantClass(t, keyring.Options{}, keyring.ErrLocked)
	w.open()
	if got, found, err := open(keyring.Options{}).Get(t.Context(), "a"); string(got) != "v" || !found || err != nil {
		t.Errorf("opened again: %q, found %v, %v", got, found, err)
	}
	w.call("closeAllWallets")
	wantClass(t, keyring.Options{Attended: true, Timeout: 300 * time.Millisecond}, keyring.ErrTimeout)
}

// An open wallet reports itself as locked until somebody has requested its prompt.
// An unattended command asks nobody for that.
func TestAKWalletThatTheDesktopOpenedIsNotLocked(t *testing.T) {
	startKWallet(t, "").open()
	asked := 0
	k := open(keyring.Options{Attended: true, OnPrompt: func() { asked++ }})
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil || asked != 0 {
		t.Errorf("set: %v; a prompt was announced %d times", err, asked)
	}
}

// KWallet can be set to ask which program may use an open wallet. Nobody answers
// here.
func TestAKWalletThatAsksForEveryProgramIsLockedWithNobodyThere(t *testing.T) {
	startKWallet(t, "Prompt on Open=true\n").open()
	wantClass(t, keyring.Options{}, keyring.ErrLocked)
}

// KWallet stores text and converts bytes that are not: a damaged value is corrupt,
// never a token.
func TestBytesThatKWalletConvertedAreCorrupt(t *testing.T) {
	w := startKWallet(t, "")
	w.open()
	k := open(keyring.Options{})
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil {
		t.Fatal(err)
	}
	service := &ss.SecretService{Conn: w.conn}
	paths, err := service.SearchItems(service.GetLoginCollection(), map[string]string{"username": "a"})
	if err != nil || len(paths) != 1 {
		t.Fatalf("%d items, %v", len(paths), err)
	}
	var session dbus.ObjectPath
	err = w.conn.Object(stubName, stubPath).Call(stubInterface+"Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(new(dbus.Variant), &session)
	if err == nil {
		err = w.conn.Object(stubName, paths[0]).Call(stubInterface+"Item.SetSecret", 0, ss.NewSecret(session, "\xff\xfe")).Err
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := service.GetSecret(paths[0], session); string(got.Value) == "\xff\xfe" {
		t.Error("KWallet kept them: this test is of no use any more")
	}
	if _, found, err := k.Get(t.Context(), "a"); found || !errors.Is(err, keyring.ErrCorrupt) {
		t.Errorf("found %v, %v", found, err)
	}
}
