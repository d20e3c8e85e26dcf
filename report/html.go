package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html
var page string

var htmlPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"size": size, "kind": func(t, category string) string {
		if t != "" {
			return strings.ReplaceAll(t, "_", " ")
		}
		return category
	},
}).Parse(page))

// HTML writes a page that stands alone: no script, nothing loaded from elsewhere.
func HTML(out io.Writer, r *Result) error {
	var devices []*device
	for d := range r.Devices {
		devices = append(devices, flat(d))
	}
	conversations, outside := r.count()
	return htmlPage.Execute(out, map[string]any{"Result": r, "Devices": devices, "Conversations": conversations, "Internet": outside,
		"Known": countKnown(devices)})
}

func countKnown(all []*device) (n int) {
	for _, d := range all {
		if d.Type != "" {
			n++
		}
	}
	return n
}
