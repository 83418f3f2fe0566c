// Package legacyfile keeps credentials in one JSON file, auth.json. No entry is lost or
// exposed by a crash, a full disk, a concurrent writer, a umask or a file that another
// user planted.
//
// [New] names the file and does no I/O. [File.Get] reads one entry, [File.List] the
// names. [File.Update] changes an entry depending on its current content; [File.Set]
// replaces it and [File.Delete] removes it, whatever its content. Get converts every known
// shape of an entry (version 1, the older provider maps, a bare string, Codex's
// API key) to the version 1 entry:
//
//	{"type":"oauth","access_token":"…","refresh_token":"…","expires_at":"2026-11-23T12:00:00Z",…}
//	{"type":"pat","token":"mog_…",…}
//	{"type":"api_key","key":"…",…}
//
// An entry in the credentials object takes precedence; one at the top level is
// an older shape. [File.Notices] returns sentences for people about repairs and
// backups.
//
// A write changes its own entry and keeps the rest of the file byte for byte. The data
// of other programs may repeat names or nest without limit. Codex's keys are never
// changed.
//
// Every save writes a new file beside the old one, syncs it and renames it, so
// that readers see the old content or the new, and a failure keeps the old. The
// file has mode 0600 in a directory of mode 0700 (on Windows an access list for
// the current user alone).
package legacyfile
