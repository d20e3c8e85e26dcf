package inventory

import (
	"fmt"

	"tyto/content"
	"tyto/fingerprint"
	"tyto/frame"
)

// Standard is DefaultConfig with what ships in the program: the fingerprint
// rules, with others after them, and the vendors' prefixes.
func Standard(others ...fingerprint.Text) (Config, error) {
	rules, err := StandardRules(others)
	if err != nil {
		return Config{}, err
	}
	c := DefaultConfig()
	c.Rules, c.Vendor = rules, registrant
	return c, nil
}

// StandardRules is the rules that ship in the program, with others after them.
func StandardRules(others []fingerprint.Text) (*fingerprint.Rules, error) {
	texts, err := fingerprint.Texts(content.Rules())
	if err != nil {
		return nil, fmt.Errorf("inventory: the rules that ship with the program: %w", err)
	}
	return fingerprint.Compile(append(texts, others...))
}

func registrant(m frame.MAC) (name, kind string, ok bool) {
	o, ok := content.OUI(m)
	return o.Vendor, o.Kind.String(), ok
}
