// Package login signs a person in at an account service with OAuth 2 for native
// apps (RFC 8252), and renews and revokes the tokens.
//
//   - [Client.SignIn] runs one interactive sign-in: it listens on the loopback
//     for the browser, takes a pasted callback address, and polls the device
//     grant, all at the same time; the first to finish wins.
//   - [Client.Refresh] trades a refresh token for new tokens.
//   - [Client.Revoke] revokes a token at the service, if the service can.
//   - [Client.TokenSource] is an [oauth2.TokenSource] that stores each rotated token
//     before it is used.
//   - [CheckOrigin] checks whether an address may be sent tokens at all.
//
// The package stores no token. [Flow.Save] does, before the browser shows that the
// person is signed in.
//
// # What protects the sign-in
//
// The callback address is well known, and any process of this machine may listen
// on it or write to it, so neither end of it is trusted. A process that took the
// port first learns at most a code, which is useless without the PKCE verifier
// (RFC 7636) that never leaves this process. A request to the listener counts only
// if it carries the 256-bit state of this sign-in, compared in constant time.
// Endpoints, issuer and tokens stay with the one origin that the caller named;
// redirects are never followed.
//
// The error callbacks of this service have no state, so a forged one looks the
// same. See [Flow.Notice] for how SignIn treats them.
//
// # Discovery
//
// SignIn, Refresh and Revoke read the service's metadata each time, before they send
// a token: the document of RFC 8414 or, if that is 404, of OpenID Connect Discovery.
// Without metadata, Revoke does nothing, and SignIn and Refresh use the fixed paths of
// mogplex.com; with [Client.RequireMetadata] they fail. Metadata that points to another
// origin makes all of them fail.
package login
