package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// MinPassword is the fewest characters of a password (NIST SP 800-63B asks
// for 8 beside a second factor, which not everybody has).
const MinPassword = 12

const maxPassword = 1024 // bytes

// params cost about 33 ms and 19 MiB (OWASP's second choice for argon2id).
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hasher hashes and compares passwords, two at once at most: it is bound by
// memory and meant to be slow, and must not starve the rest of the hub.
type hasher struct {
	slots chan struct{}
	decoy func() string
}

func newHasher() hasher {
	return hasher{
		slots: make(chan struct{}, 2),
		decoy: sync.OnceValue(func() string {
			token, _ := newToken()
			h, err := argon2id.CreateHash(token, params)
			if err != nil {
				panic("auth: argon2id: " + err.Error()) // the parameters are constants
			}
			return h
		}),
	}
}

func (h hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// make is the hash of a password.
func (h hasher) make(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	return argon2id.CreateHash(password, params)
}

// verify reports whether a password is that of a hash. Without a hash, of a
// user who does not exist, it takes as long and says no.
func (h hasher) verify(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	known := hash != ""
	if !known {
		hash = h.decoy()
	}
	good, err := argon2id.ComparePasswordAndHash(password, hash)
	return good && known, err
}

// foldName is a user name as it is stored: case does not make two users.
func foldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// CheckName says which rule a user name breaks, if any.
func CheckName(name string) error {
	if name = foldName(name); name == "" || len(name) > 64 {
		return &RuleError{"username", "want 1 to 64 characters"}
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@+", r) {
			return &RuleError{"username", fmt.Sprintf("%q is not allowed; letters, digits and ._-@+ are", r)}
		}
	}
	return nil
}

// CheckPassword says which rule the password of a user breaks, if any.
func CheckPassword(name, password string) error {
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	switch folded := strings.ToLower(password); {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return &RuleError{"password", fmt.Sprintf("want UTF-8 of at most %d bytes", maxPassword)}
	case utf8.RuneCountInString(password) < MinPassword:
		return &RuleError{"password", fmt.Sprintf("want at least %d characters", MinPassword)}
	case name != "" && strings.ReplaceAll(folded, foldName(name), "") == "":
		return &RuleError{"password", "must not be the user name"}
	case len(distinct) < 5:
		return &RuleError{"password", "want at least 5 different characters"}
	case guessable(folded, foldName(name)):
		return &RuleError{"password", "is made of what is guessed first, such as password, qwerty, 12345 or the user name; want words that have nothing to do with one another"}
	}
	return nil
}

// What guessers try first: words, rows of the keyboard, and what counts up or
// down (NIST SP 800-63B section 3.1.1.2 asks for a list such as this).
var (
	firstGuesses = []string{"password", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "welcome", "willkommen", "letmein", "changeme", "default", "secret", "administrator", "admin",
		"master", "dragon", "monkey", "shadow", "sunshine", "princess", "football", "baseball", "superman", "batman", "iloveyou", "trustno1", "access", "login", "guest", "test", "user",
		"root", "toor", "hello", "summer", "winter", "spring", "autumn", "sommer", "tyto", "sensor", "company", "qwer", "asdf", "yxcv", "zxcv", "qwertz", "qwerty", "azerty", "1q2w3e4r", "1qaz2wsx",
		"qazwsx", "abc", "xyz", "123", "321", "000", "111", "666", "777", "999"}
	rows = []string{"01234567890", "09876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "qwertyuiop", "poiuytrewq", "qwertzuiop", "asdfghjkl", "lkjhgfdsa", "zxcvbnm", "yxcvbnm", "azertyuiop"}
)

// guessable reports whether little is left of a password without what is
// guessed first, without digits and signs, and without repetition.
func guessable(folded, name string) bool {
	for _, row := range rows {
		for n := len(row); n >= 4; n-- {
			for i := 0; i+n <= len(row); i++ {
				folded = strings.ReplaceAll(folded, row[i:i+n], " ")
			}
		}
	}
	for _, word := range append([]string{name}, firstGuesses...) {
		if len(word) > 2 {
			folded = strings.ReplaceAll(folded, word, " ")
		}
	}
	left := map[rune]bool{}
	for _, r := range folded {
		if unicode.IsLetter(r) {
			left[r] = true
		}
	}
	digits := strings.IndexFunc(folded, unicode.IsDigit) >= 0
	return len(left) < 3 && !(digits && len(strings.Fields(folded)) > 3)
}
