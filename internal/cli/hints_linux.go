package cli

const lockedHint = "Unlock the keyring (log in to the desktop, or open the password manager), then try again; MOGPLEX_CREDENTIAL_STORE=file does without it."
