package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"tyto/tyto"
)

//go:embed report.html
var page string

var htmlPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"size": size, "number": number, "join": strings.Join, "first": firstOf, "more": func(all []string, n int) int { return max(0, len(all)-n) },
	"count": func(n uint64, what string) string { return number(int(n), what) },
}).Parse(page))

func firstOf(all []string, n int) []string { return all[:min(len(all), n)] }

// A card is a device of the page.
type card struct {
	*device
	Kind    string // its type in words, or its category
	Maker   string // its vendor, or in brackets that of its network card
	Alerts  int
	Worst   string
	Unknown bool
}

// A share is one part of the devices.
type share struct {
	Name    string
	Count   int
	Percent int
}

// A cause is a kind of alert on the page.
type cause struct {
	finding
	Where []string // who, what and where to look, of each
}

// The page lists so many of each; who wants all has the document.
const (
	pageCauses  = 200
	pagePlaces  = 20
	pageTalkers = 50
	pageChanges = 100
)

// HTML writes a page that stands alone: no script, nothing loaded from elsewhere.
// It begins with what matters, and has each device with its evidence.
func HTML(out io.Writer, r *Result) error {
	var cards []card
	var order []row
	d := digestOf(r, func(x *tyto.Device) {
		c := card{device: flat(x), Kind: kindOf(x), Maker: x.Value(tyto.Vendor)}
		if c.Maker == "" {
			c.Maker = nicVendor(x)
		}
		c.Unknown = c.Category == "unknown"
		cards, order = append(cards, c), append(order, rowOf(x))
	})
	byID := make(map[string]int, len(cards))
	for i := range cards {
		byID[cards[i].ID] = i
		g := d.grave[cards[i].ID]
		cards[i].Alerts, cards[i].Worst = g.alerts, g.worst.String()
	}
	slices.SortStableFunc(order, byCategory)
	sorted := make([]card, len(order))
	for i, o := range order {
		sorted[i] = cards[byID[o.id]]
	}
	return htmlPage.Execute(out, map[string]any{"Result": r, "Devices": sorted, "Known": countKnown(cards), "Shares": d.shares(), "Causes": d.causes(r),
		"MoreCauses": max(0, len(d.findings)-pageCauses), "Worst": d.bySeverity(), "Talkers": d.talkers[:min(len(d.talkers), pageTalkers)], "AllTalkers": len(d.talkers),
		"Changes": d.changes[:min(len(d.changes), pageChanges)], "AllChanges": len(d.changes), "Conversations": d.conversations, "Internet": d.outside,
		"Packets": d.packets, "Bytes": d.bytes, "When": d.when(), "Malformed": d.malformed, "Truncated": d.truncated, "Unread": d.unread})
}

func countKnown(all []card) (n int) {
	for _, d := range all {
		if d.Type != "" {
			n++
		}
	}
	return n
}

func (d *digest) shares() (all []share) {
	for _, c := range categories {
		if n := d.categories[c[0]]; n > 0 {
			all = append(all, share{c[1], n, max(1, n*100/d.devices)})
		}
	}
	return all
}

// bySeverity is the alerts counted, the gravest first.
func (d *digest) bySeverity() (all []share) {
	for s := tyto.Critical; s >= tyto.Warning; s-- {
		n := 0
		for _, f := range d.findings {
			if f.Severity == s {
				n += len(f.Alerts)
			}
		}
		if n > 0 {
			all = append(all, share{Name: s.String(), Count: n})
		}
	}
	return all
}

func (d *digest) causes(r *Result) (all []cause) {
	for _, f := range d.findings[:min(len(d.findings), pageCauses)] {
		c := cause{finding: f}
		for _, a := range f.Alerts[:min(len(f.Alerts), pagePlaces)] {
			c.Where = append(c.Where, d.alert(r, a))
		}
		all = append(all, c)
	}
	return all
}
