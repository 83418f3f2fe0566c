// Package login signs a person in at an account service with OAuth 2 for native
// apps (RFC 8252), and keeps the resulting tokens alive.
//
//   - [Client.SignIn] runs one interactive sign-in: it listens on the loopback
//     for the browser, takes a pasted callback address, and polls the device
//     grant, all at the same time; the first to finish wins.
//   - [Client.Refresh] trades a refresh token for new tokens.
//   - [Client.Revoke] ends a token at the service, where the service can.
//   - [Client.TokenSource] serves Go programs that speak [oauth2.TokenSource], and
//     stores each rotated token before it is used.
//   - [CheckOrigin] tells whether an address may be trusted with tokens at all.
//
// Nothing here stores a token by itself: [Flow.Save] does, before the person is
// told that they are signed in.
//
// # What protects the sign-in
//
// The callback address is well known and any process of this machine may listen
// on it or write to it, so neither end of it is trusted. A process that took the
// port before us learns a code at most, which is worth nothing without the PKCE
// verifier (RFC 7636) that never leaves this process. A request that reaches our
// own listener counts only if it carries the 256-bit state of this sign-in,
// compared in constant time. Endpoints, issuer and tokens stay with the one
// origin that the caller named; redirects are never followed.
//
// An error callback has no state at this service, so it cannot be told from a
// forged one. See [Flow.Notice] for what becomes of it.
//
// # Discovery
//
// SignIn, Refresh and Revoke read the service's metadata (RFC 8414) each time,
// before a token is sent. Metadata that can't be had never fails a sign-in or a
// refresh, which then use the service's fixed paths; metadata that points to
// another origin always does. A token is revoked only where metadata says so.
package login
