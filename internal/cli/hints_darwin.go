package cli

const lockedHint = "Unlock it with `security unlock-keychain`, then try again; MOGPLEX_CREDENTIAL_STORE=file does without it."
