package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/baseline"
	"tyto/detect"
	"tyto/store"
)

// Detection is a rule that alerts are raised by.
type Detection struct {
	ID          string           `json:"id"`
	Title       string           `json:"title"`
	Severity    string           `json:"severity" enum:"warning,minor,major,critical"`
	Engine      string           `json:"engine" enum:"policy,anomaly,protocol,malware,operational,baseline"`
	Techniques  []string         `json:"techniques" doc:"ATT&CK"`
	Description string           `json:"description"`
	Action      string           `json:"action" doc:"What to do about it"`
	Thresholds  []AlertThreshold `json:"thresholds"`
	Under       []string         `json:"under" doc:"Rules whose alerts this one's may be a consequence of"`
	Off         bool             `json:"off" doc:"It is switched off in the configuration"`
}

// DetectionList is all rules, by id.
type DetectionList struct {
	Items []Detection `json:"items"`
}

// DetectionsOutput is the answer that carries a DetectionList.
type DetectionsOutput struct {
	Body DetectionList
}

func (a *api) listDetections(context.Context, *struct{}) (*DetectionsOutput, error) {
	out := DetectionList{Items: []Detection{}}
	if a.Rules != nil {
		for _, r := range a.Rules.All() {
			out.Items = append(out.Items, Detection{ID: r.ID, Title: r.Title, Severity: r.Severity, Engine: r.Engine, Techniques: list(r.Techniques), Description: r.Description,
				Action: r.Action, Thresholds: thresholds(r), Under: list(r.Under), Off: r.Off()})
		}
	}
	for _, r := range baseline.Rules {
		out.Items = append(out.Items, Detection{ID: r.ID, Title: r.Title, Severity: r.Severity.String(), Engine: "baseline", Techniques: list(r.Techniques), Description: r.Description,
			Action: r.Action, Thresholds: []AlertThreshold{}, Under: []string{}})
	}
	slices.SortFunc(out.Items, func(x, y Detection) int { return strings.Compare(x.ID, y.ID) })
	return &DetectionsOutput{Body: out}, nil
}

func thresholds(r *detect.Rule) []AlertThreshold {
	all := []AlertThreshold{}
	for _, l := range r.Limits() {
		all = append(all, AlertThreshold(l))
	}
	return all
}

// IndicatorList is a list of what is known to be bad, without what is in it.
type IndicatorList struct {
	Name    string    `json:"name"`
	Entries int       `json:"entries"`
	Put     time.Time `json:"put"`
	By      string    `json:"by"`
}

// IndicatorLists is all lists, by name.
type IndicatorLists struct {
	Items []IndicatorList `json:"items"`
}

// IndicatorsOutput is the answer that carries IndicatorLists.
type IndicatorsOutput struct {
	Body IndicatorLists
}

// maxIndicatorText is the most bytes of a list.
const maxIndicatorText = 16 << 20

// IndicatorText is a list as it is put.
type IndicatorText struct {
	Text string `json:"text" doc:"An address, prefix, domain, URL or JA3 a line, optionally with the time until it holds and a comment, separated by commas"`
}

// PutIndicatorsInput is a request to put a list.
type PutIndicatorsInput struct {
	Name string `path:"name" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$"`
	Body IndicatorText
}

// IndicatorListOutput is the answer that carries an IndicatorList.
type IndicatorListOutput struct {
	Body IndicatorList
}

// IndicatorsInput names a list.
type IndicatorsInput struct {
	Name string `path:"name" maxLength:"64"`
}

var errNoIndicators = errors.New("there is nothing in the list")

func (a *api) listIndicators(ctx context.Context, _ *struct{}) (*IndicatorsOutput, error) {
	all, err := a.Store.Indicators(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := IndicatorLists{Items: make([]IndicatorList, len(all))}
	for i := range all {
		out.Items[i] = indicatorsOf(&all[i])
	}
	return &IndicatorsOutput{Body: out}, nil
}

func indicatorsOf(l *store.IndicatorList) IndicatorList {
	return IndicatorList{Name: l.Name, Entries: l.Entries, Put: l.Put.UTC(), By: l.By}
}

func (a *api) putIndicators(ctx context.Context, in *PutIndicatorsInput) (*IndicatorListOutput, error) {
	all, err := detect.ReadIndicators(in.Name, strings.NewReader(in.Body.Text))
	if err == nil && len(all) == 0 {
		err = errNoIndicators
	}
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.text", Message: err.Error()})
	}
	who, _ := auth.Who(ctx)
	l := store.IndicatorList{Name: in.Name, Text: in.Body.Text, Entries: len(all), Put: a.Clock(), By: who.User}
	if err := a.Store.PutIndicators(ctx, l); err != nil {
		return nil, a.problem(ctx, err)
	}
	if err := a.rulesChanged(ctx); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &IndicatorListOutput{Body: indicatorsOf(&l)}, nil
}

func (a *api) deleteIndicators(ctx context.Context, in *IndicatorsInput) (*Accepted, error) {
	if err := a.Store.DropIndicators(ctx, in.Name); err != nil {
		return nil, a.problem(ctx, err)
	}
	if err := a.rulesChanged(ctx); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &Accepted{}, nil
}
