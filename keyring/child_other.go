//go:build !darwin

package keyring

func runChild() bool { return false }
