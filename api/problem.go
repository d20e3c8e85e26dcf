package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/store"
)

func init() {
	// huma echoes the values of a refused body; a password is not to be echoed.
	plain := huma.NewErrorWithContext
	huma.NewErrorWithContext = func(h huma.Context, status int, msg string, errs ...error) huma.StatusError {
		for _, err := range errs {
			var detail *huma.ErrorDetail
			if errors.As(err, &detail) && strings.HasPrefix(detail.Location, "body") {
				detail.Value = nil
			}
		}
		return plain(h, status, msg, errs...)
	}
}

// problem is the answer (RFC 9457) to an error of the parts below. What the
// client cannot act on is logged, and told in general words.
func (a *api) problem(ctx context.Context, err error) error {
	var wait *auth.WaitError
	var rule *auth.RuleError
	switch {
	case errors.As(err, &wait):
		seconds := strconv.Itoa(int(math.Ceil(wait.Retry.Seconds())))
		return huma.ErrorWithHeaders(huma.Error429TooManyRequests(wait.Error()), http.Header{"Retry-After": {seconds}})
	case errors.As(err, &rule):
		return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body." + rule.Field, Message: rule.Reason})
	case errors.Is(err, auth.ErrRefused):
		return huma.Error401Unauthorized(auth.ErrRefused.Error())
	case errors.Is(err, auth.ErrCodeNeeded):
		return huma.Error401Unauthorized(auth.ErrCodeNeeded.Error(), &huma.ErrorDetail{Location: "body.code", Message: "is needed"})
	case errors.Is(err, auth.ErrCodeRefused):
		return huma.Error401Unauthorized(auth.ErrCodeRefused.Error(), &huma.ErrorDetail{Location: "body.code", Message: "is wrong, or was used before"})
	case errors.Is(err, auth.ErrFactorOff), errors.Is(err, auth.ErrFactorSet), errors.Is(err, auth.ErrNoFactor), errors.Is(err, auth.ErrFactorRequired):
		return huma.Error409Conflict(firstOf(err, auth.ErrFactorOff, auth.ErrFactorSet, auth.ErrNoFactor, auth.ErrFactorRequired).Error())
	case errors.Is(err, auth.ErrSetupRefused):
		return huma.Error403Forbidden(auth.ErrSetupRefused.Error(), &huma.ErrorDetail{Location: "body.token", Message: "refused"})
	case errors.Is(err, auth.ErrSetupDone):
		return huma.Error409Conflict(auth.ErrSetupDone.Error())
	case errors.Is(err, auth.ErrNoUser):
		return huma.Error404NotFound(auth.ErrNoUser.Error())
	case errors.Is(err, auth.ErrBeyond), errors.Is(err, auth.ErrVouched):
		return huma.Error403Forbidden(firstOf(err, auth.ErrBeyond, auth.ErrVouched).Error())
	case errors.Is(err, auth.ErrSelf):
		return huma.Error409Conflict(auth.ErrSelf.Error())
	case errors.Is(err, store.ErrLastAdmin):
		return huma.Error409Conflict(store.ErrLastAdmin.Error() + "; make another one first")
	case errors.Is(err, store.ErrTaken):
		return huma.Error409Conflict(store.ErrTaken.Error()+"; choose another one", &huma.ErrorDetail{Location: "body.name", Message: "is taken"})
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound("there is nothing of that id; a device may have been merged into another")
	case ctx.Err() != nil:
		return huma.Error503ServiceUnavailable("the request was given up")
	case errors.Is(err, store.ErrFull):
		a.Log.ErrorContext(ctx, "request failed", "err", err)
		return huma.Error507InsufficientStorage("the hub's disk is full")
	}
	a.Log.ErrorContext(ctx, "request failed", "err", err)
	return huma.Error500InternalServerError("the hub could not answer; its log says why")
}

// firstOf is the first of targets that an error is.
func firstOf(err error, targets ...error) error {
	for _, t := range targets {
		if errors.Is(err, t) {
			return t
		}
	}
	return err
}
