//go:build !linux && !darwin && !windows

package keyring

func platformBackend(string, Options) Backend {
	return noKeychain{"the keychain of this platform is not supported"}
}
