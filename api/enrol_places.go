package api

import (
	"context"
	"fmt"
	"slices"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
)

// Site is a place with zones.
type Site struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Zones []Zone `json:"zones"`
}

// Zone is an address space.
type Zone struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Site    string `json:"site,omitempty" doc:"Id; absent if nobody said where it is"`
	Devices uint64 `json:"devices"`
}

// SiteList is sites, and the zones of none.
type SiteList struct {
	Items   []Site `json:"items"`
	Nowhere []Zone `json:"nowhere" doc:"Zones that are of no site"`
}

// SitesOutput is the answer that carries a SiteList.
type SitesOutput struct {
	Body SiteList
}

// Title is what people call a site.
type Title struct {
	Title string `json:"title" minLength:"1" maxLength:"200"`
}

// SiteInput is a request to make or rename a site.
type SiteInput struct {
	ID   string `path:"id" minLength:"1" maxLength:"63"`
	Body Title
}

// ZoneWish is what people call a zone, and where it is.
type ZoneWish struct {
	Title string `json:"title" minLength:"1" maxLength:"200"`
	Site  string `json:"site,omitempty" maxLength:"63" doc:"Id of a site that is there"`
}

// ZoneInput is a request to make, rename or move a zone.
type ZoneInput struct {
	ID   string `path:"id" minLength:"1" maxLength:"128"`
	Body ZoneWish
}

// heard is the zones that sensors tell of.
func (a *api) heard(ctx context.Context) (zones []string, err error) {
	sensors, err := a.Store.Sensors(ctx)
	known := map[string]bool{}
	for i := range sensors {
		for _, r := range sensors[i].Interfaces {
			if !known[r.Zone] {
				known[r.Zone] = true
				zones = append(zones, r.Zone)
			}
		}
	}
	return zones, err
}

func (a *api) listSites(ctx context.Context, _ *struct{}) (*SitesOutput, error) {
	sites, zones, err := a.Store.Places(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	heard, err := a.heard(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	named := make(map[string]bool, len(zones))
	for _, z := range zones {
		named[z.ID] = true
	}
	for _, id := range heard { // of which nobody said anything
		if !named[id] {
			zones = append(zones, tyto.Zone{ID: id, Title: id})
		}
	}
	who, _ := auth.Who(ctx)
	out := SiteList{Items: []Site{}, Nowhere: []Zone{}}
	at := map[string]int{}
	for _, s := range sites {
		if who.Sites.Has(s.ID) {
			at[s.ID] = len(out.Items)
			out.Items = append(out.Items, Site{ID: s.ID, Title: s.Title, Zones: []Zone{}})
		}
	}
	for _, z := range zones {
		if !see(ctx).Sees(z.ID) {
			continue
		}
		page, err := see(ctx).Devices(ctx, store.DeviceQuery{Zone: []string{z.ID}, Window: store.Window{Limit: 1}})
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		zone := Zone{ID: z.ID, Title: z.Title, Site: z.Site, Devices: page.Total}
		if i, ok := at[z.Site]; ok {
			out.Items[i].Zones = append(out.Items[i].Zones, zone)
		} else {
			out.Nowhere = append(out.Nowhere, zone)
		}
	}
	return &SitesOutput{Body: out}, nil
}

func (a *api) putSite(ctx context.Context, in *SiteInput) (*struct{}, error) {
	err := auth.CheckPlaceID("id", in.ID)
	if err == nil {
		err = a.Store.PutSite(ctx, tyto.Site{ID: in.ID, Title: in.Body.Title, Created: a.Clock()})
	}
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}

func (a *api) putZone(ctx context.Context, in *ZoneInput) (*struct{}, error) {
	sites, zones, err := a.Store.Places(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	if in.Body.Site != "" && !slices.ContainsFunc(sites, func(s tyto.Site) bool { return s.ID == in.Body.Site }) {
		return nil, a.problem(ctx, &auth.RuleError{Field: "site", Reason: fmt.Sprintf("there is no site %q; make it first", in.Body.Site)})
	}
	heard, err := a.heard(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	known := slices.Contains(heard, in.ID) || slices.ContainsFunc(zones, func(z tyto.Zone) bool { return z.ID == in.ID })
	if !known { // what is there already may be called anything
		err = auth.CheckPlaceID("id", in.ID)
	}
	if err == nil {
		err = a.Store.PutZone(ctx, tyto.Zone{ID: in.ID, Title: in.Body.Title, Site: in.Body.Site, Created: a.Clock()})
	}
	if err == nil {
		err = a.moved(ctx)
	}
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}
