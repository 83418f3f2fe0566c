//go:build !linux && !darwin

package cli

const lockedHint = "Unlock it, then try again; MOGPLEX_CREDENTIAL_STORE=file does without it."
