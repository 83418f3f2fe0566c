// Package legacyfile keeps credentials in one JSON file, auth.json, so that
// none is lost, leaked or mixed up: not by a crash, a full disk, fifty writers
// at once, a lax umask or a file that somebody else planted.
//
// [New] names the file; nothing is touched before a method is called. Use
// [File.Get] to read one entry and [File.List] for the names. [File.Update]
// changes or removes an entry depending on what it is; [File.Set] and
// [File.Delete] do so whatever it is. Whatever shape an entry has on disk
// (version 1, the older provider maps, a bare string, Codex's API key), Get
// answers with the version 1 entry:
//
//	{"type":"oauth","access_token":"…","refresh_token":"…","expires_at":"2026-11-23T12:00:00Z",…}
//	{"type":"pat","token":"mog_…",…}
//	{"type":"api_key","key":"…",…}
//
// An entry in the credentials object counts; one at the top level is an older
// shape, and counts only if there is none. [File.Notices] says in plain
// sentences what was repaired or backed up on the way.
//
// A write changes the entry that it is about and leaves the rest of the file
// byte for byte as it is. What is not ours may repeat names or nest without
// limit. Keys that belong to Codex are read at most, never changed.
//
// Every save writes a new file beside the old one, syncs it and renames it, so
// a reader sees the old content or the new, and a failure leaves the old. The
// file has mode 0600 in a directory of mode 0700 (on Windows an access list for
// the current user alone).
package legacyfile
