package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
)

// Factor is how it is with one's own second factor.
type Factor struct {
	Policy    string    `json:"policy" enum:"off,optional,required-for-admins"`
	On        bool      `json:"on"`
	Required  bool      `json:"required" doc:"One cannot do without"`
	Confirmed time.Time `json:"confirmed,omitzero" doc:"Since when it is on"`
	Recovery  int       `json:"recovery_left" doc:"Recovery codes that were not used"`
}

// FactorOutput is the answer that carries a Factor.
type FactorOutput struct {
	Body Factor
}

// Password is the proof of who asks.
type Password struct {
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"One's own"`
}

// PasswordInput is a request that wants the password again.
type PasswordInput struct {
	Body Password
}

// NewFactor is a secret for an authenticator app. It is told once, and counts
// for nothing until it is confirmed.
type NewFactor struct {
	Secret string `json:"secret" doc:"To be typed, if the image cannot be read"`
	URI    string `json:"uri" doc:"otpauth://…"`
	QR     string `json:"qr" doc:"The same as an image, for the src of an <img>: data:image/png;base64,…"`
}

// NewFactorOutput is the answer that carries a NewFactor.
type NewFactorOutput struct {
	Body NewFactor
}

// Code is a code of the second factor.
type Code struct {
	Code string `json:"code" minLength:"1" maxLength:"40"`
}

// CodeInput is a request with a code.
type CodeInput struct {
	Body Code
}

// Recovery is codes that stand for the second factor, once each.
type Recovery struct {
	Codes []string `json:"recovery_codes" doc:"Told once"`
}

// RecoveryOutput is the answer that carries a Recovery.
type RecoveryOutput struct {
	Body Recovery
}

// Proof is the proof of who asks, by both factors.
type Proof struct {
	Password
	Code string `json:"code" minLength:"1" maxLength:"40" doc:"Of the second factor, or a recovery code"`
}

// ProofInput is a request that wants both factors again.
type ProofInput struct {
	Body Proof
}

// factors is the routes about one's own second factor.
func (a *api) factors(h huma.API, mine permission) {
	route(h, mine, http.MethodGet, "/api/v1/me/totp", "get-second-factor", "How it is with one's own second factor", a.getFactor)
	route(h, mine, http.MethodPost, "/api/v1/me/totp", "begin-second-factor", "Make a secret for an authenticator app; it is told once", a.beginFactor)
	route(h, mine, http.MethodPost, "/api/v1/me/totp/confirm", "confirm-second-factor", "Switch the second factor on by its first code; recovery codes are told once, and other sessions end", a.confirmFactor)
	route(h, mine, http.MethodPost, "/api/v1/me/totp/recovery", "renew-recovery-codes", "Replace the recovery codes; they are told once", a.renewRecovery)
	route(h, mine, http.MethodPost, "/api/v1/me/totp/end", "end-second-factor", "Take one's own second factor away", a.endFactor)
}

func (a *api) getFactor(ctx context.Context, _ *struct{}) (*FactorOutput, error) {
	who, _ := auth.Who(ctx)
	s, err := a.Auth.Factor(ctx, who)
	if err != nil {
		return nil, a.factorProblem(ctx, err)
	}
	f := Factor{Policy: string(s.Policy), On: s.On, Required: s.Required, Recovery: s.Recovery}
	if s.On {
		f.Confirmed = s.Confirmed.UTC()
	}
	return &FactorOutput{Body: f}, nil
}

func (a *api) beginFactor(ctx context.Context, in *PasswordInput) (*NewFactorOutput, error) {
	who, _ := auth.Who(ctx)
	n, err := a.Auth.BeginFactor(ctx, who, caller(ctx), in.Body.Password)
	if err != nil {
		return nil, a.factorProblem(ctx, err)
	}
	return &NewFactorOutput{Body: NewFactor{Secret: n.Secret, URI: n.URI, QR: n.QRText()}}, nil
}

func (a *api) confirmFactor(ctx context.Context, in *CodeInput) (*RecoveryOutput, error) {
	who, _ := auth.Who(ctx)
	codes, err := a.Auth.ConfirmFactor(ctx, who, caller(ctx), in.Body.Code)
	if err != nil {
		return nil, a.factorProblem(ctx, err)
	}
	return &RecoveryOutput{Body: Recovery{Codes: codes}}, nil
}

func (a *api) renewRecovery(ctx context.Context, in *ProofInput) (*RecoveryOutput, error) {
	who, _ := auth.Who(ctx)
	codes, err := a.Auth.RenewRecovery(ctx, who, caller(ctx), in.Body.Password.Password, in.Body.Code)
	if err != nil {
		return nil, a.factorProblem(ctx, err)
	}
	return &RecoveryOutput{Body: Recovery{Codes: codes}}, nil
}

func (a *api) endFactor(ctx context.Context, in *ProofInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.EndFactor(ctx, who, caller(ctx), in.Body.Password.Password, in.Body.Code); err != nil {
		return nil, a.factorProblem(ctx, err)
	}
	return nil, nil
}

// factorProblem is the answer to who is signed in: a wrong code does not end
// that, as 401 would say.
func (a *api) factorProblem(ctx context.Context, err error) error {
	if errors.Is(err, auth.ErrCodeRefused) {
		return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.code", Message: auth.ErrCodeRefused.Error()})
	}
	return a.problem(ctx, err)
}

func (a *api) deleteFactor(ctx context.Context, in *UserInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	if err := a.Auth.RemoveFactor(ctx, who, caller(ctx), in.Name); err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}
