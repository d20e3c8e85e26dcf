package tyto

import "time"

// A SavedFilter is a view of a list to which a user gave a name: what is
// searched for, how it is filtered and sorted, and which columns it has.
type SavedFilter struct {
	User    string // whose it is
	List    string // "devices", "alerts", …
	Name    string // no other of the user's has it in that list
	Search  string // as the portal's address has it, without the question mark
	Shared  bool   // others find it, too
	Changed time.Time
}
