package flows

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
)

// Bounds of what exporters have us remember.
const (
	mostExporters = 1024
	mostTemplates = 256 // of one exporter
	mostFields    = 256 // of one template
)

var (
	errTemplate = errors.New("a template has no fields, too many, or one without length")
	errMany     = errors.New("there are too many templates or exporters")
)

// templates is what exporters said of the form of their data, of each its own.
type templates map[netip.Addr]*ofExporter

func newTemplates() templates { return templates{} }

func (t templates) of(exporter netip.Addr) *ofExporter {
	x := t[exporter]
	if x == nil {
		x = &ofExporter{}
		if len(t) < mostExporters {
			x.all = map[uint64]any{}
			t[exporter] = x
		}
	}
	return x
}

// ofExporter implements goflow2's NetFlowTemplateSystem, with bounds; without
// a map it keeps nothing.
type ofExporter struct {
	all map[uint64]any
	err error // why one was not kept, since refused asked
}

// refused is why a template was not kept, nil if all were.
func (x *ofExporter) refused() error {
	err := x.err
	x.err = nil
	return err
}

func templateKey(version uint16, domain uint32, id uint16) uint64 {
	return uint64(version)<<48 | uint64(domain)<<16 | uint64(id)
}

// AddTemplate remembers a template, if it is one by which data can be read: of
// fields without length there would be endless records of nothing. What is
// refused does not end the reading of the rest.
func (x *ofExporter) AddTemplate(version uint16, domain uint32, id uint16, template any) error {
	var fields []netflow.Field
	switch t := template.(type) {
	case netflow.TemplateRecord:
		fields = t.Fields
	case netflow.NFv9OptionsTemplateRecord:
		fields = append(append(fields, t.Scopes...), t.Options...)
	case netflow.IPFIXOptionsTemplateRecord:
		fields = append(append(fields, t.Scopes...), t.Options...)
	}
	key := templateKey(version, domain, id)
	_, known := x.all[key]
	switch {
	case len(fields) == 0 || len(fields) > mostFields || slices.ContainsFunc(fields, func(f netflow.Field) bool { return f.Length == 0 }):
		x.err = errTemplate
	case x.all == nil || !known && len(x.all) >= mostTemplates:
		x.err = errMany
	default:
		x.all[key] = template
	}
	return nil
}

// GetTemplate is a template that was remembered.
func (x *ofExporter) GetTemplate(version uint16, domain uint32, id uint16) (any, error) {
	if t, ok := x.all[templateKey(version, domain, id)]; ok {
		return t, nil
	}
	return nil, netflow.ErrorTemplateNotFound
}

// RemoveTemplate forgets a template.
func (x *ofExporter) RemoveTemplate(version uint16, domain uint32, id uint16) (any, error) {
	t, err := x.GetTemplate(version, domain, id)
	delete(x.all, templateKey(version, domain, id))
	return t, err
}

// GetTemplates is not needed for reading.
func (x *ofExporter) GetTemplates() netflow.FlowBaseTemplateSet { return x.all }

// A domain is a part of an exporter with numbers of its own.
type domain struct {
	exporter netip.Addr
	id       uint32
}

// sampled is of how many packets each exporter looks at one.
type sampled map[domain]uint64

func newSampled() sampled { return sampled{} }

func (s sampled) put(d domain, every uint64) {
	if _, known := s[d]; known || len(s) < mostExporters {
		s[d] = min(every, 1<<24)
	}
}

func (s sampled) of(d domain) uint64 { return max(s[d], 1) }
