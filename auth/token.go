package auth

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"tyto/tyto"
)

// TokenPrefix begins every token, so that people and scanners for leaked
// secrets know what it is.
const TokenPrefix = "tyto_"

// Bounds of tokens.
const (
	MaxTokenLife = 366 * 24 * time.Hour
	maxTokens    = 50 // of a user
)

// Bearer is the token of a request that brings one, however wrong (RFC 6750).
// Other schemes are of proxies before the hub, and mean nothing here.
func Bearer(r *http.Request) (token string, is bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// A NewToken is what a token is to be.
type NewToken struct {
	Name    string
	Role    tyto.PersonRole
	Sites   tyto.Sites
	Expires time.Time
}

// MakeToken makes a token for a program that acts for who asks. The text is
// told once.
func (a *Auth) MakeToken(ctx context.Context, who Identity, from Caller, n NewToken) (t tyto.Token, text string, err error) {
	n.Name = strings.TrimSpace(n.Name)
	if err := a.checkToken(who, &n); err != nil {
		return t, "", err
	}
	all, err := a.store.TokensOf(ctx, who.User)
	if err != nil {
		return t, "", fmt.Errorf("auth: make a token: %w", err)
	}
	if len(all) >= maxTokens {
		return t, "", &RuleError{"name", fmt.Sprintf("you have %d tokens; revoke one that is not used", len(all))}
	}
	secret, hash := newToken()
	_, id := newToken()
	t = tyto.Token{ID: id[:12], Hash: hash, User: who.User, Name: n.Name, Role: n.Role, Sites: n.Sites, Created: a.now(), Expires: n.Expires}
	object := fmt.Sprintf("%s %q: %s, %s, until %s", t.ID, t.Name, t.Role, sitesText(t.Sites), t.Expires.UTC().Format(time.DateOnly))
	if err := a.Audit(ctx, who, from, "token.create", object, "ok"); err != nil {
		return t, "", err
	}
	if err := a.store.PutToken(ctx, t); err != nil {
		return t, "", fmt.Errorf("auth: make a token: %w", err)
	}
	return t, TokenPrefix + secret, nil
}

func (a *Auth) checkToken(who Identity, n *NewToken) error {
	unclean := strings.ContainsFunc(n.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	switch life := n.Expires.Sub(a.now()); {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > 64 || unclean:
		return &RuleError{"name", "want 1 to 64 printable characters"}
	case !n.Role.Valid() || !who.Role.Includes(n.Role):
		return &RuleError{"role", "want a role that you have yourself"}
	case !who.Sites.Include(n.Sites) || !n.Sites.All && len(n.Sites.Named) == 0:
		return &RuleError{"sites", "want at least one site, and none but those that you see yourself"}
	case life <= 0 || life > MaxTokenLife:
		return &RuleError{"expires", "want a time within the next year"}
	}
	return nil
}

// Tokens lists somebody's tokens, the newest first.
func (a *Auth) Tokens(ctx context.Context, who Identity) ([]tyto.Token, error) {
	return a.store.TokensOf(ctx, who.User)
}

// RevokeToken ends one of somebody's tokens.
func (a *Auth) RevokeToken(ctx context.Context, who Identity, from Caller, id string) error {
	if err := a.Audit(ctx, who, from, "token.delete", id, "ok"); err != nil {
		return err
	}
	return a.store.DeleteToken(ctx, who.User, id)
}

// program tells who a token is of, ok is false if it is none or over.
func (a *Auth) program(ctx context.Context, text string) (who Identity, ok bool, err error) {
	secret, is := strings.CutPrefix(text, TokenPrefix)
	if !is || len(secret) != tokenLength {
		return Identity{}, false, nil
	}
	t, found, err := a.store.Token(ctx, hashOf(secret))
	if err != nil || !found {
		return Identity{}, false, err
	}
	who, ok, err = a.actingFor(ctx, &t)
	if ok && !who.Unfactored && a.now().Sub(t.Used) >= touchEvery {
		err = a.store.TouchToken(ctx, t.Hash, a.now())
	}
	return who, ok && err == nil, err
}

// recallToken is Recall for a program.
func (a *Auth) recallToken(ctx context.Context, before Identity) (who Identity, ok bool, err error) {
	all, err := a.store.TokensOf(ctx, before.User)
	for i := range all {
		if all[i].ID == before.Token {
			return a.actingFor(ctx, &all[i])
		}
	}
	return Identity{}, false, err
}

// actingFor is what a token may now: no more than its user.
func (a *Auth) actingFor(ctx context.Context, t *tyto.Token) (who Identity, ok bool, err error) {
	if !a.now().Before(t.Expires) {
		return Identity{}, false, nil
	}
	u, found, err := a.store.User(ctx, t.User)
	if err != nil || !found || u.Disabled || !u.Temporary.IsZero() {
		return Identity{}, false, err
	}
	who = Identity{User: u.Name, Role: t.Role, Sites: t.Sites.Within(u.Sites), Token: t.ID, Expires: t.Expires, Vouched: u.Origin != ""}
	if !u.Role.Includes(t.Role) {
		who.Role = u.Role
	}
	who.Unfactored, err = a.needsFactor(ctx, &u)
	return who, err == nil, err
}

// NoteWaiting writes down that a token was shown whose user has to set up a
// second factor first, once a day for each: programs try again and again.
func (a *Auth) NoteWaiting(ctx context.Context, who Identity, from Caller) error {
	if who.Token == "" || !who.Unfactored || !a.waiting.first(who.Token, a.now()) {
		return nil
	}
	return a.Audit(ctx, who, from, "token.use", who.Token, "refused: its user has to set up a second factor first")
}

// A diary knows what was written down within a day. It holds no more than
// there are tokens.
type diary struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// first reports whether something is new, or was last so a day ago.
func (d *diary) first(what string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, known := d.last[what]; known && now.Sub(last) < 24*time.Hour {
		return false
	}
	if d.last == nil {
		d.last = map[string]time.Time{}
	}
	d.last[what] = now
	return true
}
