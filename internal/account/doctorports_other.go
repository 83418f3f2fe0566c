//go:build !linux

package account

// portHolder names the process that listens on a port; "" if it is not known.
func portHolder(int) string { return "" }
