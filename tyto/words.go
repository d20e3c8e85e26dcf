package tyto

import "fmt"

// Attr is an attribute of a device that an Observation speaks of.
type Attr uint8

// The attributes. Their text, as in JSON, is in attrNames.
const (
	NoAttr       Attr = iota
	Clue              // raw evidence that is no attribute itself: a banner, a fingerprint, an option list
	Address           // an IP address that the interface has; Value is its text
	Identity          // a stable key ("uuid:…", "serial:vendor/…", "duid:…"): equal keys are one device
	Category          // it, iot, ot, network, medical
	Type              // id of the taxonomy, "ip_camera"
	Vendor            // who made the device
	NICVendor         // who registered the prefix of its MAC address
	Model             //
	ModelNumber       // order number
	Hardware          // hardware revision
	OS                // operating system with version
	Firmware          //
	Serial            //
	Hostname          //
	Domain            // DNS or Windows domain it belongs to
	Location          //
	Description       // what its owner calls it, free text
	Role              // "router", "dhcp server", "dns server": what it does for others
	Protocol          // Wireshark's short name of a protocol it speaks
	Provides          // a service it answers on: "tcp/80 http", "tcp/22 ssh OpenSSH_9.2p1"
	Forwards          // it passes on packets of other hosts; Value is one of their addresses
	Virtual           // an address shared between devices (VRRP, HSRP): Value is the protocol
	PartModel         // model of Subject.Part
	PartFirmware      // firmware of Subject.Part
	PartSerial        // serial number of Subject.Part
	Purdue            // Purdue level: "0" to "5"
	LookedUp          // a name it asked for and the address it was told: "www.example.com 192.0.2.1"
	Decision          // what a person decided about the zone's baseline: see package baseline
	Mode              // what a controller does now: "run", "program", "stop", "fault", "remote run"
	Key               // where its mode switch stands: "run", "program", "remote"
	Protection        // what it refuses who has no password: "none", "write", "read and write"
	endOfAttrs
)

var attrNames = [endOfAttrs]string{
	"", "clue", "address", "identity", "category", "type", "vendor", "nic_vendor", "model", "model_number", "hardware",
	"os", "firmware", "serial", "hostname", "domain", "location", "description", "role", "protocol", "service",
	"forwards", "virtual", "part_model", "part_firmware", "part_serial", "purdue_level", "looked_up", "decision",
	"mode", "key", "protection",
}

// String is a's name as in JSON.
func (a Attr) String() string {
	if a < endOfAttrs {
		return attrNames[a]
	}
	return fmt.Sprintf("attr(%d)", uint8(a))
}

// MarshalText implements encoding.TextMarshaler.
func (a Attr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Attr) UnmarshalText(text []byte) error {
	x, ok := ParseAttr(string(text))
	if !ok {
		return fmt.Errorf("tyto: there is no attribute %q", text)
	}
	*a = x
	return nil
}

// ParseAttr is the attribute of a name as in JSON.
func ParseAttr(name string) (Attr, bool) {
	for i := NoAttr + 1; i < endOfAttrs; i++ {
		if attrNames[i] == name {
			return i, true
		}
	}
	return NoAttr, false
}

// Confidence is how sure a fact is, in five words.
type Confidence uint8

// The five words. Who compares them, compares numbers.
const (
	Guessed   Confidence = 20  // a weak hint: a vendor prefix, a port
	Inferred  Confidence = 50  // a strong habit: a host name pattern, a cloud domain
	Shown     Confidence = 70  // its behaviour shows it: it answers as a DHCP server does
	Stated    Confidence = 90  // it says so itself, in a field made for it
	Confirmed Confidence = 100 // a person, or an agent on the device, says so
)

// String is the word, in lower case.
func (c Confidence) String() string {
	switch {
	case c >= Confirmed:
		return "confirmed"
	case c >= Stated:
		return "stated"
	case c >= Shown:
		return "shown"
	case c >= Inferred:
		return "inferred"
	}
	return "guessed"
}

// MarshalText implements encoding.TextMarshaler.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Confidence) UnmarshalText(text []byte) error {
	for _, x := range [...]Confidence{Guessed, Inferred, Shown, Stated, Confirmed} {
		if x.String() == string(text) {
			*c = x
			return nil
		}
	}
	return fmt.Errorf("tyto: %q is no confidence; it is guessed, inferred, shown, stated or confirmed", text)
}

// Verb is what an Act does, in words that all protocols share.
type Verb uint8

// The verbs.
const (
	NoVerb Verb = iota
	Read
	Write
	Identify // asks what the other is
	Start
	Stop
	Program
	UpdateFirmware
	Login
	LoginFailed
	Scan
	Browse // lists what is there
	Configure
	Execute
	Transfer
	Violate // breaks a rule of the protocol; the operation is the rule
	endOfVerbs
)

var verbNames = [endOfVerbs]string{"", "read", "write", "identify", "start", "stop", "program", "update-firmware", "login",
	"login-failed", "scan", "browse", "configure", "execute", "transfer", "violate"}

// String is v's name as in JSON.
func (v Verb) String() string {
	if v < endOfVerbs {
		return verbNames[v]
	}
	return fmt.Sprintf("verb(%d)", uint8(v))
}

// MarshalText implements encoding.TextMarshaler.
func (v Verb) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *Verb) UnmarshalText(text []byte) error {
	for i := range verbNames {
		if verbNames[i] == string(text) {
			*v = Verb(i)
			return nil
		}
	}
	return fmt.Errorf("tyto: there is no verb %q", text)
}

// Severity is how much an Alert matters.
type Severity uint8

// The severities, as Defender for IoT names them.
const (
	Warning Severity = iota + 1
	Minor
	Major
	Critical
)

var severityNames = [...]string{Warning: "warning", Minor: "minor", Major: "major", Critical: "critical"}

// String is s's name as in JSON.
func (s Severity) String() string {
	if s >= Warning && s <= Critical {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	for i := Warning; i <= Critical; i++ {
		if severityNames[i] == string(text) {
			*s = i
			return nil
		}
	}
	return fmt.Errorf("tyto: %q is no severity; it is warning, minor, major or critical", text)
}
