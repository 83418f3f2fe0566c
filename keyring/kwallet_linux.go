package keyring

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	walletInterface = "org.kde.KWallet"
	// kwalletPatience is for a prompt that nobody has to answer: KWallet ends it within some milliseconds.
	kwalletPatience = time.Second
)

// kwalletPaths are the wallet daemon's own object in KWallet 5, KWallet 6 and the later ksecretd. It is on the
// connection that owns the Secret Service's name.
var kwalletPaths = []dbus.ObjectPath{"/modules/kwalletd5", "/modules/kwalletd6", "/ksecretd"}

// isOpenWallet reports whether a collection that calls itself locked is a wallet of KWallet's that is open, as signing
// in to the desktop leaves it. KWallet says "locked" of every wallet until a prompt of the Secret Service has been
// asked for since it was opened, and ends that prompt by itself.
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

// showToNobody has KWallet end the prompt of an open wallet. Where it is set to ask, beside the password, which program
// may use a wallet, it now does; an answer that comes too late counts at the next call.
func (v *vault) showToNobody(ctx context.Context, prompt dbus.ObjectPath) error {
	short, cancel := context.WithTimeout(ctx, kwalletPatience)
	defer cancel()
	err := v.show(short, prompt)
	if err != nil && ctx.Err() == nil {
		return fail(ErrLocked, "")
	}
	return err
}
