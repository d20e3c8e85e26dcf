package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/tyto"
)

// SavedFilter is a view of a list that has a name.
type SavedFilter struct {
	List    string    `json:"list" doc:"devices, alerts, …"`
	Name    string    `json:"name"`
	Search  string    `json:"search" doc:"As the portal's address has it, without the question mark"`
	Shared  bool      `json:"shared" doc:"Others find it, too, who see all that its owner sees"`
	Owner   string    `json:"owner"`
	Own     bool      `json:"own"`
	Changed time.Time `json:"changed"`
}

// SavedFilterList is the filters of who asks, and those that others share.
type SavedFilterList struct {
	Items []SavedFilter `json:"items" doc:"By list and name"`
}

// SavedFiltersOutput is the answer that carries a SavedFilterList.
type SavedFiltersOutput struct {
	Body SavedFilterList
}

// SavedFilterInput names a filter of who asks.
type SavedFilterInput struct {
	List string `path:"list" pattern:"^[a-z][a-z-]{0,31}$" doc:"devices, alerts, …"`
	Name string `path:"name" minLength:"1" maxLength:"60"`
}

// SavedFilterSetting is a filter to be saved.
type SavedFilterSetting struct {
	Search string `json:"search" minLength:"1" maxLength:"2000" doc:"As the portal's address has it, without the question mark"`
	Shared bool   `json:"shared" doc:"Let others find it, who see all that one sees oneself; needs the role analyst"`
}

// SavedFilterSettingInput is a request to save a filter.
type SavedFilterSettingInput struct {
	SavedFilterInput
	Body SavedFilterSetting
}

// maxFilters is how many filters a user may save.
const maxFilters = 200

// filters is the routes about the filters that one saved.
func (a *api) filters(h huma.API, mine permission) {
	route(h, mine, http.MethodGet, "/api/v1/filters", "list-filters", "One's own saved filters, and those that others share", a.listFilters)
	route(h, mine, http.MethodPut, "/api/v1/filters/{list}/{name}", "save-filter", "Save a filter of a list under a name, in place of one's own of that name", a.putFilter)
	route(h, mine, http.MethodDelete, "/api/v1/filters/{list}/{name}", "forget-filter", "Forget one of one's own saved filters", a.deleteFilter)
}

func (a *api) listFilters(ctx context.Context, _ *struct{}) (*SavedFiltersOutput, error) {
	who, _ := auth.Who(ctx)
	all, err := a.Store.Filters(ctx, who.User)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	owners, err := a.Store.Users(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	// A filter may name what its owner sees: a site, an address.
	within := map[string]bool{who.User: true}
	for i := range owners {
		if who.Sites.Include(owners[i].Sites) && !owners[i].Disabled {
			within[owners[i].Name] = true
		}
	}
	all = slices.DeleteFunc(all, func(f tyto.SavedFilter) bool { return !within[f.User] })
	out := &SavedFiltersOutput{Body: SavedFilterList{Items: make([]SavedFilter, len(all))}}
	for i, f := range all {
		out.Body.Items[i] = SavedFilter{List: f.List, Name: f.Name, Search: f.Search, Shared: f.Shared, Owner: f.User, Own: f.User == who.User, Changed: f.Changed.UTC()}
	}
	return out, nil
}

func (a *api) putFilter(ctx context.Context, in *SavedFilterSettingInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	name := strings.TrimSpace(in.Name)
	switch {
	case name == "" || strings.ContainsFunc(name, unicode.IsControl):
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "path.name", Message: "want a name without control characters"})
	case in.Body.Shared && !who.Role.Includes(tyto.Analyst):
		return nil, huma.Error403Forbidden("viewers share no filters; save it for yourself, or ask an analyst")
	}
	if _, err := url.ParseQuery(in.Body.Search); err != nil {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.search", Message: "want the query of an address, such as category=ot&sort=bytes"})
	}
	ok, err := a.Store.PutFilter(ctx, tyto.SavedFilter{User: who.User, List: in.List, Name: name, Search: in.Body.Search, Shared: in.Body.Shared, Changed: a.Clock()}, maxFilters)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	if !ok {
		return nil, huma.Error409Conflict("you have 200 saved filters; forget one first")
	}
	return nil, nil
}

func (a *api) deleteFilter(ctx context.Context, in *SavedFilterInput) (*struct{}, error) {
	who, _ := auth.Who(ctx)
	found, err := a.Store.DropFilter(ctx, who.User, in.List, strings.TrimSpace(in.Name))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	if !found {
		return nil, huma.Error404NotFound("you have no filter of that name; one that somebody else shares is theirs to forget")
	}
	return nil, nil
}
