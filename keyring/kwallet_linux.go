package keyring

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	walletInterface = "org.kde.KWallet"
	// kwalletTimeout is for a prompt that needs no person: KWallet completes it within some milliseconds.
	kwalletTimeout = time.Second
)

// kwalletPaths are the daemon's own object in KWallet 5, KWallet 6 and the later ksecretd, on the connection that owns
// the Secret Service's name.
var kwalletPaths = []dbus.ObjectPath{"/modules/kwalletd5", "/modules/kwalletd6", "/ksecretd"}

// isOpenWallet reports whether a collection that reads as locked is an open wallet of KWallet, such as the one that the
// desktop's login opens. KWallet reports every wallet as locked until a client has requested an unlock prompt since it
// was opened, and completes that prompt without a person.
func (v *vault) isOpenWallet(ctx context.Context, collection dbus.ObjectPath) bool {
	var label dbus.Variant
	if v.call(ctx, collection, propertiesGet, 0, []any{collectionInterface, "Label"}, &label) != nil {
		return false
	}
	name, isText := label.Value().(string)
	for _, path := range kwalletPaths {
		var open bool
		if isText && v.call(ctx, path, walletInterface+".isOpen", 0, []any{name}, &open) == nil {
			return open
		}
	}
	return false
}

// showUnattended requests the prompt of an open wallet, which KWallet completes by itself. If KWallet is configured to
// ask which programs may use a wallet, it now asks, and an answer after the timeout takes effect at the next call.
func (v *vault) showUnattended(ctx context.Context, prompt dbus.ObjectPath) error {
	short, cancel := context.WithTimeout(ctx, kwalletTimeout)
	defer cancel()
	err := v.show(short, prompt)
	if err != nil && ctx.Err() == nil {
		return fail(ErrLocked, "")
	}
	return err
}
