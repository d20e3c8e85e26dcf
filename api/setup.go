package api

import "context"

// Setup tells whether the first administrator is still to be made.
type Setup struct {
	Needed bool `json:"needed"`
}

// SetupOutput is the answer that carries a Setup.
type SetupOutput struct {
	Body Setup
}

// FirstAdmin is the first administrator, and the proof that who asks for it
// can read what the program printed.
type FirstAdmin struct {
	Token    string `json:"token" minLength:"1" maxLength:"128" doc:"The one-time token that the program printed"`
	Username string `json:"username" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"At least 12 characters, and not the user's name"`
}

// FirstAdminInput is a request to make the first administrator.
type FirstAdminInput struct {
	Body FirstAdmin
}

func (a *api) getSetup(ctx context.Context, _ *struct{}) (*SetupOutput, error) {
	needed, err := a.Auth.SetupNeeded(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SetupOutput{Body: Setup{Needed: needed}}, nil
}

func (a *api) postSetup(ctx context.Context, in *FirstAdminInput) (*SignedInOutput, error) {
	who, cookie, err := a.Auth.Setup(ctx, in.Body.Token, in.Body.Username, in.Body.Password, caller(ctx))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SignedInOutput{SetCookie: cookie.String(), Body: sessionOf(who)}, nil
}
