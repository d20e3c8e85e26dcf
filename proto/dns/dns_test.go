package dns

import (
	"bytes"
	"testing"
)

// message is a header with one question, and the bytes.
func message(rest ...byte) []byte {
	return append([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, rest...)
}

func TestNames(t *testing.T) {
	long := message()
	for range 4 {
		long = append(append(long, 63), bytes.Repeat([]byte{'a'}, 63)...)
	}
	for _, x := range []struct {
		msg         []byte
		text, wrong string
	}{
		{message(3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1), "www.example", ""},
		{message(0, 0, 1, 0, 1), "", ""},
		{message(3, 'a', '.', '\\', 1, 7, 0, 0, 1, 0, 1), `a\.\\.\007`, ""},
		{message(2, 0xc3, 0xa4, 0, 0, 1, 0, 1), "ä", ""},
		{message(0xc0, 12, 0, 1, 0, 1), "", badPointer},
		{message(0xc0, 200, 0, 1, 0, 1), "", badPointer},
		{message(1, 'a', 0xc0, 12, 0, 1, 0, 1), "", badPointer},
		{message(0x80, 0, 0, 1, 0, 1), "", badLabel},
		{message(5, 'a'), "", cutShort},
		{message(1, 'a'), "", cutShort},
		{message(0xc0), "", cutShort},
		{long, "", tooLong},
		{message(1, 'a', 0, 0), "", "question cut short"},
		{[]byte{1, 2, 3}, "", "header cut short"},
	} {
		r := Read(x.msg)
		q, _ := r.Question()
		if got := string(q.Name.Text(make([]byte, 0, 300))); got != x.text && x.wrong == "" {
			t.Errorf("%x: got %q, want %q", x.msg, got, x.text)
		}
		if r.Broken() != x.wrong {
			t.Errorf("%x: got %q, want %q", x.msg, r.Broken(), x.wrong)
		}
	}
}

func TestNameParts(t *testing.T) {
	// A name, and after it one that ends in the first, by a pointer to "example".
	msg := message(3, 'W', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1, 4, 'm', 'a', 'i', 'l', 0xc0, 16, 0, 1, 0, 1)
	msg[5] = 2
	r := Read(msg)
	www, _ := r.Question()
	mail, ok := r.Question()
	if !ok || r.Rest() != 0 {
		t.Fatalf("second question: %v, %q, %d bytes left", ok, r.Broken(), r.Rest())
	}
	if !www.Name.Is("www.EXAMPLE") || www.Name.Is("example") || !www.Name.Under("example") || !www.Name.Under("") || www.Name.Under("a.www.example") {
		t.Error("Is or Under is wrong")
	}
	if !mail.Name.From(1).Equal(www.Name.From(1)) || mail.Name.Equal(www.Name) || mail.Name.From(2).Labels() != 0 {
		t.Error("From or Equal is wrong")
	}
	if string(mail.Name.Label(1)) != "example" || mail.Name.Label(2) != nil || mail.Name.Label(-1) != nil {
		t.Error("Label is wrong")
	}
	if got := mail.Name.Text(make([]byte, 0, 6)); string(got) != "mail.e" {
		t.Errorf("text without room: %q", got)
	}
}

func TestReverse(t *testing.T) {
	wire := func(text string) (b []byte) {
		for text != "" {
			var label string
			label, text = cut(text)
			b = append(append(b, byte(len(label))), label...)
		}
		return append(b, 0, 0, 12, 0, 1)
	}
	for text, want := range map[string]string{
		"4.3.2.10.in-addr.arpa":   "10.2.3.4",
		"300.3.2.10.in-addr.arpa": "",
		"x.3.2.10.in-addr.arpa":   "",
		"3.2.10.in-addr.arpa":     "",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.F.ip6.arpa": "fe80::1",
		"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa": "",
	} {
		r := Read(message(wire(text)...))
		q, _ := r.Question()
		if a, ok := q.Name.Reverse(); ok != (want != "") || ok && a.String() != want {
			t.Errorf("%s: got %v %v, want %s", text, a, ok, want)
		}
	}
}

// FuzzRead walks a message as dissectors do; every name that was read must
// have as many labels as it says, and its text the length foretold.
func FuzzRead(f *testing.F) {
	f.Add(message(3, 'w', 'w', 'w', 0, 0, 1, 0, 1))
	f.Add([]byte{0, 1, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 'a', 0, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12, 0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 9, 0, 8, 0, 0, 0, 0, 2, 119, 0xc0, 12})
	f.Add([]byte{0, 1, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 'a', 0, 0, 16, 0, 1, 0, 0, 0, 9, 0, 6, 3, 'a', '=', 'b', 1, 'c'})
	f.Fuzz(func(t *testing.T, msg []byte) {
		check := func(n Name) {
			b := n.Text(make([]byte, 0, 4*maxName))
			if len(b) != n.TextLen() {
				t.Errorf("text of %d bytes, foretold %d", len(b), n.TextLen())
			}
			for i := range n.Labels() {
				if len(n.Label(i)) == 0 {
					t.Errorf("label %d of %d is empty", i, n.Labels())
				}
			}
			if !n.Equal(n.From(0)) {
				t.Error("a name is not itself")
			}
		}
		r := Read(msg)
		for {
			q, ok := r.Question()
			if !ok {
				break
			}
			check(q.Name)
		}
		for {
			x, ok := r.Record()
			if !ok {
				break
			}
			check(x.Name)
			if n, ok := x.Target(); ok {
				check(n)
			}
			x.Addr()
			x.Port()
			c := x.Texts()
			for {
				if _, ok := Text(&c); !ok {
					break
				}
			}
		}
	})
}
