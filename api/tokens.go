package api

import (
	"context"
	"time"

	"tyto/auth"
	"tyto/tyto"
)

// Token is what a program acts with for a user.
type Token struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Role     tyto.PersonRole `json:"role" enum:"admin,analyst,viewer" doc:"At most what the user's role is now"`
	AllSites bool            `json:"all_sites" doc:"As far as the user sees them now"`
	Sites    []string        `json:"sites" doc:"Ids, if not all"`
	Created  time.Time       `json:"created"`
	Used     time.Time       `json:"used,omitzero" doc:"Last, to the minute"`
	Expires  time.Time       `json:"expires"`
	Expired  bool            `json:"expired"`
}

// TokenList is the tokens of who asks.
type TokenList struct {
	Items []Token `json:"items"`
}

// TokensOutput is the answer that carries a TokenList.
type TokensOutput struct {
	Body TokenList
}

// TokenSetting is a token to be.
type TokenSetting struct {
	Name     string          `json:"name" minLength:"1" maxLength:"64" doc:"What uses it"`
	Role     tyto.PersonRole `json:"role" enum:"admin,analyst,viewer" doc:"No more than one's own"`
	AllSites bool            `json:"all_sites"`
	Sites    []string        `json:"sites,omitempty" maxItems:"500" doc:"Ids, if not all; none but those that one sees"`
	Days     int             `json:"days" minimum:"1" maximum:"366" doc:"How long it is good"`
}

// TokenSettingInput is a request to make a token.
type TokenSettingInput struct {
	Body TokenSetting
}

// NewToken is a token and its text.
type NewToken struct {
	Token Token  `json:"token"`
	Text  string `json:"text" doc:"Told once; it goes into the header Authorization, after the word Bearer"`
}

// NewTokenOutput is the answer that carries a NewToken.
type NewTokenOutput struct {
	Body NewToken
}

func (a *api) tokenOf(t *tyto.Token) Token {
	out := Token{ID: t.ID, Name: t.Name, Role: t.Role, AllSites: t.Sites.All, Sites: list(t.Sites.Named), Created: t.Created.UTC(), Expires: t.Expires.UTC(),
		Expired: !a.Clock().Before(t.Expires)}
	if !t.Used.IsZero() {
		out.Used = t.Used.UTC()
	}
	return out
}

func (a *api) listTokens(ctx context.Context, _ *struct{}) (*TokensOutput, error) {
	who, _ := auth.Who(ctx)
	all, err := a.Auth.Tokens(ctx, who)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]Token, len(all))
	for i := range all {
		items[i] = a.tokenOf(&all[i])
	}
	return &TokensOutput{Body: TokenList{Items: items}}, nil
}

func (a *api) postToken(ctx context.Context, in *TokenSettingInput) (*NewTokenOutput, error) {
	who, _ := auth.Who(ctx)
	b := &in.Body
	t, text, err := a.Auth.MakeToken(ctx, who, caller(ctx), auth.NewToken{Name: b.Name, Role: b.Role, Sites: sitesOf(b.AllSites, b.Sites),
		Expires: a.Clock().AddDate(0, 0, b.Days)})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &NewTokenOutput{Body: NewToken{Token: a.tokenOf(&t), Text: text}}, nil
}

func (a *api) deleteToken(ctx context.Context, in *IDInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.RevokeToken(ctx, who, caller(ctx), in.ID); err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}
