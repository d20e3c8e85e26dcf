package api

import (
	"context"
	"time"
)

// Version is which program answers, and since when.
type Version struct {
	Version string    `json:"version"`
	Commit  string    `json:"commit"`
	Go      string    `json:"go"`
	Started time.Time `json:"started"`
}

// VersionOutput is the answer that carries a Version.
type VersionOutput struct {
	Body Version
}

func (a *api) getVersion(context.Context, *struct{}) (*VersionOutput, error) {
	return &VersionOutput{Body: a.Version}, nil
}
