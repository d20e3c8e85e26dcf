package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"tyto/frame"
	"tyto/tyto"
)

// Look is how a table is drawn.
type Look struct {
	Colour bool
	Width  int // of the terminal, in columns; 0 does not cut
}

// Table writes the devices as a table for people, and what is remarkable
// under it, where a terminal ends up showing.
func Table(out io.Writer, r *Result, look Look) error {
	var rows []row
	d := digestOf(r, func(x *tyto.Device) { rows = append(rows, rowOf(x)) })
	slices.SortStableFunc(rows, byCategory)
	w := bufio.NewWriter(out)
	p := printer{w, look}
	if len(rows) > 0 {
		p.grid(rows, d.grave)
	}
	p.summary(d)
	p.talkers(d.talkers)
	p.changes(d.changes)
	p.findings(r, d)
	return w.Flush()
}

type printer struct {
	io.Writer
	look Look
}

// The colours, as terminals name them: the user's own palette.
const (
	plain  = ""
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
	cyan   = "36"
	alarm  = "1;31"
)

func (p printer) colour(how, text string) string {
	if !p.look.Colour || how == plain || text == "" {
		return text
	}
	return "\x1b[" + how + "m" + text + "\x1b[0m"
}

func ofSeverity(s tyto.Severity) string {
	switch s {
	case tyto.Critical:
		return alarm
	case tyto.Major:
		return red
	case tyto.Minor:
		return yellow
	}
	return cyan
}

// say writes a line, broken between words to the terminal's width; what
// follows the first line begins under the text.
func (p printer) say(head, text string, width int, how string) {
	room := max(24, p.look.Width-width)
	if p.look.Width == 0 {
		room = 1 << 20
	}
	lead := p.colour(how, head) + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(head)))
	for len(text) > 0 {
		line := text
		if utf8.RuneCountInString(text) > room {
			line = string([]rune(text)[:room])
			if i := strings.LastIndexByte(line, ' '); i > 0 {
				line = line[:i]
			}
		}
		text = strings.TrimLeft(text[len(line):], " ")
		fmt.Fprintln(p, lead+line)
		lead = strings.Repeat(" ", width)
	}
}

// side is how wide the words at the side of the summary are.
const side = 10

func (p printer) summary(d *digest) {
	p.say("Devices", fmt.Sprintf("%s%s", number(d.devices, "device"), split(d.categories)), side, bold)
	p.say("Traffic", fmt.Sprintf("%s (%d to the internet), %s and %s in %s", number(d.conversations, "conversation"), d.outside,
		number(int(d.packets), "packet"), size(d.bytes), d.when()), side, bold)
	if d.malformed > 0 {
		p.say("", number(int(d.malformed), "packet")+" broke the rules of a protocol.", side, plain)
	}
	if d.truncated > 0 {
		p.say("", number(int(d.truncated), "packet")+" captured shorter than they were: what stood behind is not known.", side, yellow)
	}
	if d.devices == 0 && d.packets > 0 {
		p.say("", "No host here ever sent a packet of its own in this capture. Was the mirror port set to both directions?", side, yellow)
	}
}

// maxListed is how many talkers, changes and devices of an alert are named.
const maxListed = 5

func (p printer) talkers(all []talker) {
	for i, t := range all[:min(len(all), maxListed)] {
		text := fmt.Sprintf("%s: %s with %s", safe(t.Who), size(t.Bytes), safe(strings.Join(t.Names[:min(len(t.Names), 3)], ", ")))
		if n := len(t.Names) - 3; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		if t.Called > 0 {
			text += fmt.Sprintf("; %s began outside", number(t.Called, "conversation"))
		}
		p.say([]string{"Internet", ""}[min(i, 1)], text, side, bold)
	}
	p.rest(len(all), "device")
}

func (p printer) changes(all []deed) {
	for i, c := range all[:min(len(all), maxListed)] {
		text := fmt.Sprintf("%s → %s: %s %s", safe(c.Client), safe(c.Server), c.Protocol, c.Verb)
		if c.Times > 1 {
			text += fmt.Sprintf(", %d times", c.Times)
		}
		p.say([]string{"Changes", ""}[min(i, 1)], text, side, bold)
	}
	p.rest(len(all), "change")
}

func (p printer) rest(all int, what string) {
	if n := all - maxListed; n > 0 {
		p.say("", "… and "+number(n, "more "+what), side, faint)
	}
}

// maxFindings is how many kinds of alert are listed.
const maxFindings = 20

func (p printer) findings(r *Result, d *digest) {
	if len(r.Alerts) == 0 {
		return
	}
	fmt.Fprintf(p, "\n%s\n", p.colour(bold, number(len(r.Alerts), "alert")+":"))
	for _, f := range d.findings[:min(len(d.findings), maxFindings)] {
		title := f.Title
		if n := len(f.Alerts); n > 1 {
			title += fmt.Sprintf(", %d times", n)
		}
		if f.Follow > 0 {
			title += fmt.Sprintf(", with %s under it", number(f.Follow, "alert"))
		}
		p.say("  "+f.Severity.String(), title, side+2, ofSeverity(f.Severity))
		for _, a := range f.Alerts[:min(len(f.Alerts), maxListed)] {
			p.say("", d.alert(r, a), side+4, plain)
		}
		if n := len(f.Alerts) - maxListed; n > 0 {
			p.say("", fmt.Sprintf("… and %d more", n), side+4, faint)
		}
	}
	if n := len(d.findings) - maxFindings; n > 0 {
		fmt.Fprintf(p, "  … and %s more; --format json has them all.\n", number(n, "kind of alert"))
	}
}

// alert is who and what, and where to look.
func (d *digest) alert(r *Result, a Alert) string {
	var who []string
	for _, s := range a.Subjects {
		who = append(who, d.name(r, s))
	}
	why := []string{}
	for _, x := range [...]string{shorten(a.Detail, 100), d.origin(r, a)} {
		if x != "" {
			why = append(why, x)
		}
	}
	return safe(strings.Join(who, " → ") + " (" + strings.Join(why, "; ") + ")")
}

// categories is their order, what can hurt people first.
var categories = [...][2]string{{"ot", "OT"}, {"medical", "medical"}, {"network", "network"}, {"iot", "IoT"}, {"it", "IT"}, {"unknown", "unknown"}}

func split(counts map[string]int) string {
	var parts []string
	for _, c := range categories {
		if n := counts[c[0]]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c[1]))
		}
	}
	if len(parts) < 2 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// number is n of what, in the plural if that is due.
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if before, after, ok := strings.Cut(what, " of "); ok {
		return fmt.Sprintf("%d %ss of %s", n, before, after)
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func size(n uint64) string {
	f, unit := float64(n), 0
	for ; f >= 1000 && unit < 4; unit++ {
		f /= 1000
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, [...]string{"", "kB", "MB", "GB", "TB"}[unit])
}

func kindOf(d *tyto.Device) string {
	return cmp.Or(strings.ReplaceAll(d.Value(tyto.Type), "_", " "), d.Value(tyto.Category), "unknown")
}

func nicVendor(d *tyto.Device) string {
	for _, i := range d.Interfaces {
		if i.Vendor != "" {
			return "(" + i.Vendor + ")"
		}
	}
	return ""
}

func firstIP(d *tyto.Device) string {
	var best frame.Addr
	for _, i := range d.Interfaces {
		for _, a := range i.IPs {
			if best.IsZero() || a.IP.Is4() && !best.Is4() || !a.IP.IsLinkLocal() && best.IsLinkLocal() {
				best = a.IP
			}
		}
	}
	return best.String()
}

func firstMAC(d *tyto.Device) string {
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			return i.MAC.String()
		}
	}
	return ""
}

// shorten cuts text to a number of columns.
func shorten(s string, most int) string {
	if most <= 0 || utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	return string(r[:most-1]) + "…"
}

// safe is text without anything that could steer a terminal.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, s)
}
